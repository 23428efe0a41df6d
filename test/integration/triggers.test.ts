/**
 * What triggers a live delivery, row by row, by public means only: HTTP, and an AWS SDK consumer that reads the stream.
 * A change that must stay silent is followed by one of a marker profile that must arrive: when the marker is there and
 * nothing waits any more, whatever else was to come has come.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Frontend } from '../support/frontend.js';
import { frontendOf, type Stage, setStage } from '../support/stage.js';
import { consumeAll } from '../support/stream-consumer.js';
import { until } from '../support/until.js';
import { type Change, MAPPED_ATTRIBUTES, ROWS, type Row, realized } from './trigger-rows.js';

let stage: Stage;
let frontend: Frontend;
let rowNumber = 0;

beforeAll(async () => {
  stage = await setStage();
  frontend = frontendOf(await stage.startServer());
}, 120_000);

afterAll(() => stage[Symbol.asyncDispose]());

/** A profile's change, or what it is from the beginning. */
interface ProfileChange {
  profileId: string;
  attributes?: Record<string, unknown>;
  identities?: unknown[];
  memberships?: Record<string, unknown>[];
}

type Send = (profiles: ProfileChange[]) => Promise<void>;

/** How a change comes in. */
interface Way {
  name: string;
  send: Send;
  /** True if it takes memberships of profiles that exist, and nothing else: the rest of a row goes by `upsertProfiles`. */
  membershipsOnly: boolean;
}

const WAYS: Way[] = [
  { name: 'upsertProfiles', send: upsertProfiles, membershipsOnly: false },
  { name: 'POST /ingest/profiles', send: (profiles) => ingest('profiles', profiles), membershipsOnly: false },
  { name: 'updateSegmentMemberships', send: sendMemberships(updateMemberships), membershipsOnly: true },
  {
    name: 'POST /ingest/memberships',
    send: sendMemberships((memberships) => ingest('memberships', memberships)),
    membershipsOnly: true,
  },
];

describe.each(WAYS)('by $name', ({ name, send, membershipsOnly }) => {
  const rows = membershipsOnly ? ROWS.filter(setsMemberships) : ROWS;

  test.each(rows.map((row) => [row.change, row.arrivals.length, row] as const))(
    '%s: %i records',
    async (_change, _count, row) => {
      const play = await setRow(row, send);

      for (const change of row.changes) await play.send(change());
      await play.untilSettled();

      expect(await play.listDeliveries()).toEqual([
        ...row.arrivals.map(({ causes }) => ({ profileId: play.profileId, origin: 'LIVE', causes })),
        { profileId: play.markerId, origin: 'LIVE', causes: ['ATTRIBUTE tier'] },
      ]);
      expect(await play.readStatuses()).toEqual(row.arrivals.map(({ status }) => status));
    },
    60_000,
  );

  test('5 new members of a segment of 100 give exactly 5 records', async () => {
    const segmentId = `hundred by ${name}`;
    await frontend.createSegments([segmentId]);
    const members = Array.from({ length: 105 }, (_, number) => ({
      profileId: `${name} ${number}`,
      memberships: [{ segmentId, status: 'REALIZED' }],
    }));
    const joining = members.slice(100);
    const known = membershipsOnly ? joining.map(({ profileId }) => ({ profileId })) : [];
    await ingest('profiles', [...members.slice(0, 100), ...known]);
    const { destinationId } = await frontend.setUp({
      stream: 'orders',
      segmentIds: [segmentId],
      attributes: [],
      order: { backfill: { mode: 'NONE' } },
    });

    await send(joining);
    await untilNothingWaits(destinationId, 5);

    const newIds = joining.map(({ profileId }) => profileId);
    const delivered = await listDeliveries(destinationId);
    const arrived = (await consumeAll(stage.sandbox.endpoint, 'orders')).map(({ partitionKey }) => partitionKey);
    expect(delivered.map(({ profileId }) => profileId).sort()).toEqual(newIds);
    expect(delivered.map(({ causes }) => causes)).toEqual(Array.from({ length: 5 }, () => [`MEMBERSHIP ${segmentId}`]));
    expect(arrived.filter((key) => key.startsWith(`${name} `)).sort()).toEqual(newIds);
  }, 60_000);
});

/** Whether one of the row's changes can come by what takes memberships of profiles that exist. */
function setsMemberships({ before, changes }: Row): boolean {
  return before !== null && changes.some((change) => hasOnlyMemberships(change()));
}

function hasOnlyMemberships({ profileId: _id, memberships, ...rest }: Partial<ProfileChange>): boolean {
  return memberships !== undefined && Object.keys(rest).length === 0;
}

async function upsertProfiles(profiles: ProfileChange[]): Promise<void> {
  const input = { type: 'UpsertProfilesInput', value: { profiles } };
  await frontend.mutate('upsertProfiles', input, '{ created updated }');
}

async function updateMemberships(memberships: Record<string, unknown>[]): Promise<void> {
  const input = { type: 'UpdateSegmentMembershipsInput', value: { memberships } };
  await frontend.mutate('updateSegmentMemberships', input, '{ updated }');
}

async function ingest(kind: 'profiles' | 'memberships', lines: unknown[]): Promise<void> {
  const report = await frontend.ingest(kind, lines);
  expect(report).toMatchObject({ lines: lines.length, accepted: lines.length, refused: 0 });
}

function sendMemberships(set: (memberships: Record<string, unknown>[]) => Promise<void>): Send {
  return async (profiles) => {
    if (!profiles.every(hasOnlyMemberships)) return await upsertProfiles(profiles);
    await set(
      profiles.flatMap(({ profileId, memberships = [] }) => memberships.map((given) => ({ profileId, ...given }))),
    );
  };
}

/** What a row is played with: profiles, segments and a destination of its own. */
interface Play {
  profileId: string;
  markerId: string;
  send(change: Change): Promise<void>;
  /** Waits for all that must come, then changes the marker, and waits for it and until nothing waits. */
  untilSettled(): Promise<void>;
  /** Oldest first. */
  listDeliveries(): Promise<DeliveryView[]>;
  /** How the mapped segment stands in each record of the profile in the stream, oldest first. */
  readStatuses(): Promise<(string | undefined)[]>;
}

async function setRow(row: Row, send: Send): Promise<Play> {
  rowNumber += 1;
  const names = { mapped: `mapped-${rowNumber}`, other: `other-${rowNumber}` };
  const [profileId, markerId] = [`profile-of-${rowNumber}`, `marker-of-${rowNumber}`];
  const toInput = (id: string, { memberships, ...rest }: Change) => ({
    profileId: id,
    ...rest,
    ...(memberships && { memberships: memberships.map((given) => ({ ...given, segmentId: names[given.segmentId] })) }),
  });
  await frontend.createSegments(Object.values(names));
  await send([toInput(markerId, realized), ...(row.before ? [toInput(profileId, row.before)] : [])]);
  const { destinationId } = await connect(row, names.mapped);
  const list = async () =>
    (await listDeliveries(destinationId)).map((delivery) => ({
      ...delivery,
      causes: delivery.causes.map((cause) => cause.replace(names.mapped, 'mapped')).sort(),
    }));
  return {
    profileId,
    markerId,
    send: (change) => send([toInput(profileId, change)]),
    async untilSettled() {
      await untilNothingWaits(destinationId, row.arrivals.length);
      await send([toInput(markerId, { attributes: { tier: 9 } })]);
      await untilNothingWaits(destinationId, row.arrivals.length + 1);
    },
    listDeliveries: list,
    async readStatuses() {
      const records = await consumeAll(stage.sandbox.endpoint, 'orders');
      const own = records.filter(({ partitionKey }) => partitionKey === profileId);
      return own.map(({ body }) => Body.parse(body).segmentMembership['ups']?.[names.mapped]?.status);
    },
  };
}

function connect(row: Row, segmentId: string) {
  const rule = { path: 'consent.marketing', permittedValues: ['y'], whenRefused: row.consent };
  return frontend.setUp({
    stream: 'orders',
    segmentIds: [segmentId],
    attributes: MAPPED_ATTRIBUTES,
    settings: row.consent ? { consent: rule } : {},
    order: {
      backfill: { mode: 'NONE' },
      ...(row.changeDetection && { changeDetection: row.changeDetection }),
    },
  });
}

/** Waits until so many deliveries are on the books, and no record waits: what was to come has come. */
async function untilNothingWaits(destinationId: string, atLeast: number): Promise<void> {
  await until(
    async () => {
      const { destination } = Waiting.parse(
        await frontend.run('query($id: ID!) { destination(id: $id) { pending } }', { id: destinationId }),
      );
      expect(destination.pending).toBe(0);
      expect((await listDeliveries(destinationId)).length).toBeGreaterThanOrEqual(atLeast);
    },
    { timeoutMs: 20_000, intervalMs: 20 },
  );
}

interface DeliveryView {
  profileId: string | null;
  origin: string;
  /** `KIND subject`. */
  causes: string[];
}

/** What was delivered, oldest first. */
async function listDeliveries(destinationId: string): Promise<DeliveryView[]> {
  const query = `query($destinationId: ID!) {
    deliveries(first: 100, filter: { destinationId: $destinationId, outcomes: [DELIVERED] }, orderBy: COMMITTED_AT_ASC) {
      nodes { profileId origin causes { kind subject } }
    }
  }`;
  const { deliveries } = Deliveries.parse(await frontend.run(query, { destinationId }));
  return deliveries.nodes.map(({ profileId, origin, causes }) => ({
    profileId,
    origin,
    causes: causes.map(({ kind, subject }) => `${kind} ${subject}`),
  }));
}

const Waiting = z.object({ destination: z.object({ pending: z.number() }) });

const Deliveries = z.object({
  deliveries: z.object({
    nodes: z.array(
      z.object({
        profileId: z.string().nullable(),
        origin: z.string(),
        causes: z.array(z.object({ kind: z.string(), subject: z.string() })),
      }),
    ),
  }),
});

const Body = z.object({
  segmentMembership: z.record(z.string(), z.record(z.string(), z.object({ status: z.string() }))),
});
