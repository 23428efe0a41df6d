/** Changes that come while nothing is sent: afterwards each profile once with its newest state, or not at all. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { startTestApp, type TestApp } from '../support/app.js';
import { Frontend, type SetUp } from '../support/frontend.js';
import { consumeAll } from '../support/stream-consumer.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const PROFILES = 20;
const ROUNDS = 10;

const database = useTestDatabase();
let app: TestApp;
let frontend: Frontend;

beforeAll(async () => {
  app = await startTestApp({ connection: database.connection });
  frontend = new Frontend(app.url, app.apiKey);
});

afterAll(() => app[Symbol.asyncDispose]());

/** How changes are held back, and how they are let go. */
interface Hold {
  /** Also the segment's id, and what those of its profiles begin with. */
  stream: string;
  subject: keyof SetUp;
  hold: string;
  letGo: string;
  onResume?: string;
  /** Whether what was held is sent. */
  isSent: boolean;
}

const DISABLED = { subject: 'destinationId', hold: 'disableDestination', letGo: 'enableDestination' } as const;
const PAUSED = { subject: 'activationId', hold: 'pauseActivation', letGo: 'resumeActivation' } as const;
const SENT = 'each profile arrives once, with its newest state';
const HOLDS: [what: string, Hold][] = [
  [`enabled again, ${SENT}`, { stream: 'enabled', ...DISABLED, isSent: true }],
  [`resumed, ${SENT}`, { stream: 'resumed', ...PAUSED, isSent: true }],
  [`resumed with LATEST_ONLY, ${SENT}`, { stream: 'latest', ...PAUSED, onResume: 'LATEST_ONLY', isSent: true }],
  ['resumed with DISCARD, none arrives', { stream: 'discarded', ...PAUSED, onResume: 'DISCARD', isSent: false }],
];

test.each(HOLDS)(`after ${ROUNDS} changes of each profile: %s`, async (_what, { stream, ...given }) => {
  const { setUp, profileIds, laterId } = await openPlay(stream);
  const id = setUp[given.subject];
  await change(given.hold, { id });
  for (let round = 1; round <= ROUNDS; round += 1) await writeTier(profileIds, round);
  expect(await readDestination(setUp)).toMatchObject({ pending: PROFILES, delivered: 0 });
  expect(await consumeAll(app.sandbox.endpoint, stream)).toEqual([]);

  await change(given.letGo, { id, onResume: given.onResume });
  await untilSettled(setUp, given.isSent ? { delivered: PROFILES } : { skipped: PROFILES });
  await writeTier([laterId], ROUNDS + 1);
  await untilSettled(setUp, { delivered: given.isSent ? PROFILES + 1 : 1 });

  const kept = given.isSent ? profileIds.map((profileId) => ({ profileId, tier: ROUNDS })) : [];
  expect(await readStream(stream)).toEqual([...kept, { profileId: laterId, tier: ROUNDS + 1 }]);
  expect((await readDestination(setUp)).codes).toEqual(
    given.isSent ? [] : [{ code: 'CHANGES_DISCARDED', count: PROFILES }],
  );
});

/** Makes members of a segment and activates it to a stream, all of their own. */
async function openPlay(stream: string) {
  app.sandbox.createStream(stream, 2);
  await frontend.createSegments([stream]);
  const profileIds = Array.from({ length: PROFILES }, (_, number) => `${stream} ${number + 10}`);
  const laterId = `${stream} later`;
  const rest = { attributes: { tier: 0 }, memberships: [{ segmentId: stream, status: 'REALIZED' }] };
  await frontend.ingest(
    'profiles',
    [...profileIds, laterId].map((profileId) => ({ profileId, ...rest })),
  );
  const setUp = await frontend.setUp({ stream, segmentIds: [stream], attributes: ['tier'] });
  return { setUp, profileIds, laterId };
}

async function change(mutation: string, value: Record<string, unknown>): Promise<void> {
  const type = `${mutation[0]?.toUpperCase()}${mutation.slice(1)}Input`;
  await frontend.mutate(mutation, { type, value }, '{ __typename }');
}

async function writeTier(profileIds: readonly string[], tier: number): Promise<void> {
  const report = await frontend.ingest(
    'profiles',
    profileIds.map((profileId) => ({ profileId, attributes: { tier } })),
  );
  expect(report).toMatchObject({ updated: profileIds.length });
}

/** Waits until nothing waits and the statistics say so much. */
async function untilSettled(setUp: SetUp, numbers: Record<string, number>): Promise<void> {
  await until(async () => expect(await readDestination(setUp)).toMatchObject({ pending: 0, ...numbers }));
}

async function readDestination({ destinationId }: SetUp) {
  const query = `query($id: ID!) { destination(id: $id) {
    pending statistics(window: LAST_HOUR) { total { delivered skipped codes { code count } } } } }`;
  const { destination } = Answer.parse(await frontend.run(query, { id: destinationId }));
  return { pending: destination.pending, ...destination.statistics.total };
}

/** What each record of the stream says, by profile; several of one profile in their order. */
async function readStream(stream: string): Promise<{ profileId: string; tier: number }[]> {
  const records = await consumeAll(app.sandbox.endpoint, stream);
  return records
    .map(({ partitionKey, body }) => ({ profileId: partitionKey, tier: Body.parse(body).tier }))
    .sort((one, other) => one.profileId.localeCompare(other.profileId));
}

const Body = z.object({ tier: z.number() });

const Total = z.object({
  delivered: z.number(),
  skipped: z.number(),
  codes: z.array(z.object({ code: z.string(), count: z.number() })),
});

const Answer = z.object({
  destination: z.object({ pending: z.number(), statistics: z.object({ total: Total }) }),
});
