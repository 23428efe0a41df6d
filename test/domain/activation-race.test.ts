/**
 * Memberships written while an activation, or its mapping, is being made: each is in the live path, or was there for
 * what is exported afterwards; never in neither, and never in both.
 */

import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { beforeEach, describe, expect, test } from 'vitest';
import { createActivations } from '../../src/domain/activation.js';
import { createProfiles } from '../../src/domain/profile.js';
import type { Caller } from '../../src/domain/viewer.js';
import { startSandbox } from '../../src/sandbox/sandbox.js';
import type { Db } from '../../src/storage/database.js';
import { afterStatement } from '../support/after-statement.js';
import { addExport, type DeliverySetup, setUpDelivery, startEngine, untilFinished } from '../support/delivery.js';
import { Gate } from '../support/gate.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const database = useTestDatabase();
const RACES = Math.min(500, Number(process.env['TRIBUTARY_TEST_SEEDS'] ?? 40));
const LONGEST_HEAD_START_MS = 40;
let setup: DeliverySetup;
let segmentId: number;
let stream: string;
let streams = 0;

beforeEach(async () => {
  streams += 1;
  stream = `races-${streams}`;
  setup = await setUpDelivery(database.db, { stream, segments: 2, attributes: [] });
  segmentId = setup.segmentIds[1] ?? 0;
  await unmap();
});

describe.each(['activation', 'mapping'] as const)('of a new %s and a writer', (kind) => {
  test.each(['workspace.lock', 'profiles.insert', 'trigger_rules.list', 'memberships.insert'])(
    'the writer that is first, stopped after %s, lets the other wait, and is exported afterwards',
    async (place) => {
      const gate = new Gate();
      const written = write(afterStatement(database.db, place, () => gate.pass()));
      await until(() => gate.arrived === 1);
      const mapped = map(kind, database.db);
      await untilWaiting();
      gate.open();
      await written;
      const activationId = await mapped;

      expect(await readPending(activationId)).toEqual([]);
      expect(await exportNow(activationId)).toEqual(['p']);
    },
  );

  test.each(['workspace.lock', 'activation_segments.put'])(
    'the writer that comes second, after %s of the other, waits for it, and is delivered live',
    async (place) => {
      const gate = new Gate();
      const mapped = map(
        kind,
        afterStatement(database.db, place, () => gate.pass()),
      );
      await until(() => gate.arrived === 1);
      const written = write(database.db);
      await untilWaiting();
      gate.open();
      await written;

      expect(await readPending(await mapped)).toEqual(['p']);
    },
  );

  test(`${RACES} races without a gate: each membership is in exactly one of the two`, {
    timeout: 120_000,
  }, async () => {
    const sides = { exported: 0, live: 0 };
    for (let race = 0; race < RACES; race += 1) {
      let stored: string[] = [];
      // Whoever holds the lock alone sees every membership that an export will, and no writer is under way.
      const mapping = afterStatement(database.db, 'activation_segments.put', async () => {
        stored = await readMembers();
      });
      const profileId = `race-${race}`;
      const contest: (() => Promise<unknown>)[] = [() => write(database.db, profileId), () => map(kind, mapping)];
      const [first, second] = race % 2 === 0 ? contest : contest.toReversed();
      // Head starts from none, at which it is open who wins, to one in which a transaction ends.
      await Promise.all([first?.(), delay(race % LONGEST_HEAD_START_MS).then(second)]);

      const live = await readPending(null);
      const isStored = stored.includes(profileId);
      expect({ race, isLive: live.includes(profileId) }).toEqual({ race, isLive: !isStored });
      sides[isStored ? 'exported' : 'live'] += 1;
      await unmap();
    }
    expect(Math.min(sides.exported, sides.live), 'both sides win at times').toBeGreaterThan(0);
  });
});

/** Puts a new profile into the segment. */
async function write(db: Db, profileId = 'p'): Promise<void> {
  const profiles = createProfiles({ db, clock: () => new Date() });
  await profiles.upsert(setup.workspaceId, [
    { profileId, memberships: [{ segmentId: 'segment-1', status: 'REALIZED' }] },
  ]);
}

/** Maps the segment, in a new activation or in the one that there is. @returns the activation. */
async function map(kind: 'activation' | 'mapping', db: Db): Promise<number> {
  const activations = createActivations({ db, wake: () => {} });
  const { workspaceId, destinationId } = setup;
  const caller: Caller = { workspaceId, actor: { kind: 'SYSTEM', name: 'test' } };
  const backfill = { mode: 'NONE' as const };
  if (kind === 'activation') {
    const order = { destinationId, attributes: [], segmentIds: ['segment-1'], backfill };
    return (await activations.activate(caller, order)).activation.id;
  }
  const change = {
    id: setup.activationId,
    expectedVersion: await readVersion(),
    segmentIds: ['segment-0', 'segment-1'],
    backfill,
  };
  return (await activations.update(caller, change)).activation.id;
}

/** As before a race: an activation without the segment, and nothing that waits. */
async function unmap(): Promise<void> {
  await database.db.deleteFrom('activation_segment').where('segment_id', '=', segmentId).execute();
  await database.db.deleteFrom('pending_record').where('destination_id', '=', setup.destinationId).execute();
}

async function readVersion(): Promise<number> {
  const { version } = await database.db
    .selectFrom('activation')
    .select('version')
    .where('id', '=', setup.activationId)
    .executeTakeFirstOrThrow();
  return version;
}

/** Profiles with a record that waits, of one activation or of all. */
async function readPending(activationId: number | null): Promise<string[]> {
  const { rows } = await sql<{ profile_id: string }>`select profile.profile_id from pending_record waiting
    join profile on profile.lane = waiting.lane and profile.id = waiting.profile_id
    where waiting.destination_id = ${setup.destinationId}
      and waiting.activation_id = coalesce(${activationId}::bigint, waiting.activation_id)`.execute(database.db);
  return rows.map((row) => row.profile_id);
}

async function readMembers(): Promise<string[]> {
  const { rows } = await sql<{ profile_id: string }>`select profile.profile_id from membership
    join profile on profile.lane = membership.lane and profile.id = membership.profile_id
    where membership.segment_id = ${segmentId}`.execute(database.db);
  return rows.map((row) => row.profile_id);
}

/** Whom an export that starts now delivers. */
async function exportNow(activationId: number): Promise<string[]> {
  await using sandbox = await startSandbox({ limits: 'off' });
  sandbox.createStream(stream, 1);
  await using _engine = startEngine(database.db, sandbox.endpoint);
  await untilFinished(database.db, await addExport(database.db, { ...setup, activationId, segmentIds: [segmentId] }));
  return Array.from(sandbox.listRecords(stream), ({ partitionKey }) => partitionKey);
}

async function untilWaiting(): Promise<void> {
  await until(async () => {
    const { rows } = await sql<{ waiting: number }>`select count(*)::int as waiting from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`.execute(database.db);
    return rows[0]?.waiting === 1;
  });
}
