/** What comes by itself, through the public API: scheduled exports of two servers on one database, memberships that end. */

import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fromGlobalId } from '../src/domain/global-id.js';
import { createProfiles } from '../src/domain/profile.js';
import { startScheduler } from '../src/scheduler.js';
import { afterStatement } from './support/after-statement.js';
import { startTestApp, type TestApp } from './support/app.js';
import { setUpDelivery } from './support/delivery.js';
import { Frontend } from './support/frontend.js';
import { useTestDatabase } from './support/test-database.js';
import { until } from './support/until.js';

const ACTIVATE = `mutation ($input: ActivateSegmentsInput!) {
  activateSegments(input: $input) {
    ... on ActivateSegmentsSuccess { activation { id schedule { cron timeZone mode nextRunAt } } }
    ... on UserError { message }
  }
}`;
const READ = `query ($id: ID!) {
  activation(id: $id) {
    schedule { nextRunAt }
    exports(orderBy: CREATED_AT_ASC) { nodes { trigger state missedRuns since delivered createdAt createdBy { kind name } } }
  }
}`;
const SET = `mutation ($memberships: [SegmentMembershipInput!]!) {
  updateSegmentMemberships(input: { memberships: $memberships }) {
    ... on UpdateSegmentMembershipsSuccess { updated }
    ... on UserError { message }
  }
}`;
const MEMBERSHIPS = `{ segment(segmentId: "ending") { memberCount members(first: 10, orderBy: UPDATED_AT_ASC) {
  nodes { profile { profileId } status lastQualificationTime validUntil }
} } }`;

const TIME = '2026-01-01T00:00:00Z';
/** New year's days: a hand-moved due time of years ago is not due again while the test runs. */
const yearly = { cron: '0 0 1 1 *', timeZone: 'UTC' };

const database = useTestDatabase();
const environment = { ENCRYPTION_KEY: randomBytes(32).toString('base64') };
let first: TestApp;
let second: TestApp;
let frontend: Frontend;
let destinationId: string;

beforeAll(async () => {
  first = await startTestApp({ connection: database.connection, environment });
  second = await startTestApp({ connection: database.connection, environment, apiKey: first.apiKey });
  frontend = new Frontend(first.url, first.apiKey);
  await frontend.createSegments(['everyone', 'ending']);
  const memberships = [{ segmentId: 'everyone', status: 'realized' }];
  await frontend.ingest('profiles', [
    { profileId: 'ada', memberships },
    { profileId: 'bob', memberships },
  ]);
  ({ destinationId } = await frontend.setUp({ stream: 'profiles', segmentIds: ['ending'], attributes: [] }));
});

afterAll(async () => {
  await second[Symbol.asyncDispose]();
  await first[Symbol.asyncDispose]();
});

// biome-ignore lint/suspicious/noExplicitAny: tests reach into answers of any shape
async function run(query: string, variables: Record<string, unknown> = {}): Promise<any> {
  const { data, errors } = await first.graphql(query, variables);
  expect(errors).toEqual([]);
  return data;
}

async function activate(schedule: Record<string, unknown>): Promise<string> {
  const backfill = { mode: 'NONE' };
  const input = { destinationId, segmentIds: ['everyone'], attributes: [], schedule, backfill };
  return (await run(ACTIVATE, { input })).activateSegments.activation.id;
}

async function moveDueTime(id: string, to: Date): Promise<void> {
  await sql`update activation set next_run_at = ${to} where id = ${fromGlobalId(id)?.id ?? 0}`.execute(database.db);
}

/** The activation once its exports have come and finished. */
async function readFinished(id: string, exports: number) {
  return await until(async () => {
    const { activation } = await run(READ, { id });
    const states = activation.exports.nodes.map(({ state }: { state: string }) => state);
    expect(states).toEqual(Array.from({ length: exports }, () => 'SUCCEEDED'));
    return activation;
  });
}

test('two servers export once for all due times that were missed, then only what changed', async () => {
  const thisYear = new Date().getUTCFullYear();
  const newYear = (year: number) => new Date(Date.UTC(year, 0, 1));
  const id = await activate({ ...yearly, mode: 'CHANGED_SINCE_LAST' });

  await moveDueTime(id, newYear(thisYear - 2));
  await readFinished(id, 1);
  await frontend.ingest('profiles', [{ profileId: 'bob', attributes: { tier: 'gold' } }]);
  await moveDueTime(id, new Date());
  const { schedule, exports } = await readFinished(id, 2);

  const createdBy = { kind: 'SYSTEM', name: 'schedule' };
  expect(exports.nodes).toMatchObject([
    { trigger: 'SCHEDULED', missedRuns: 2, since: null, delivered: 2, createdBy },
    { trigger: 'SCHEDULED', missedRuns: 0, since: expect.any(String), delivered: 1, createdBy },
  ]);
  expect(exports.nodes[1].since <= exports.nodes[0].createdAt).toBe(true);
  expect(schedule.nextRunAt).toBe(newYear(thisYear + 1).toISOString());
});

test('a scheduled export comes about a second after its due time, once', async () => {
  const id = await activate(yearly);
  const due = new Date(Date.now() + 1_500);

  await moveDueTime(id, due);
  const { exports } = await readFinished(id, 1);

  const lateMs = Date.parse(exports.nodes[0].createdAt) - due.getTime();
  expect(lateMs).toBeGreaterThanOrEqual(0);
  // Half of it is for a machine on which other tests run.
  expect(lateMs).toBeLessThan(2_000);
});

test('a membership ends by itself, one that was prolonged stays', async () => {
  const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();
  const member = (profileId: string, validUntil: string) => ({
    profileId,
    segmentId: 'ending',
    status: 'REALIZED',
    lastQualificationTime: TIME,
    validUntil,
  });
  const end = inMs(1_500);
  const later = inMs(3_600_000);

  await run(SET, { memberships: [member('ada', end), member('bob', end)] });
  const { segment: before } = await run(MEMBERSHIPS);
  await run(SET, { memberships: [member('bob', later)] });
  const segment = await until(async () => {
    const answer = (await run(MEMBERSHIPS)).segment;
    expect(answer.members.nodes).toMatchObject([{}, { status: 'EXITED' }]);
    return answer;
  });

  expect(before).toMatchObject({ memberCount: 2 });
  expect(Date.now() - Date.parse(end)).toBeLessThan(3_000);
  expect(segment).toEqual({
    memberCount: 1,
    members: {
      nodes: [
        { profile: { profileId: 'bob' }, status: 'EXISTING', lastQualificationTime: TIME, validUntil: later },
        { profile: { profileId: 'ada' }, status: 'EXITED', lastQualificationTime: TIME, validUntil: end },
      ],
    },
  });
});

describe('a scheduler', () => {
  const own = useTestDatabase();

  test('goes on after turns that failed, says so, and wakes the lanes of what it starts', async () => {
    const setup = await setUpDelivery(own.db, { stream: 'orders' });
    await sql`update activation
      set schedule_cron = ${yearly.cron}, schedule_time_zone = 'UTC', schedule_mode = 'FULL', next_run_at = now()
      where id = ${setup.activationId}`.execute(own.db);
    const messages: string[] = [];
    let faults = 0;
    // Away four times at least, and until both have said so.
    const faulty = afterStatement(own.db, 'clock.read', async () => {
      if (faults >= 4 && new Set(messages).size === 2) return;
      faults += 1;
      throw new Error('The database is away.');
    });
    const woken: number[] = [];

    await using _scheduler = startScheduler({
      db: faulty,
      log: pino({ level: 'warn' }, { write: (line: string) => void messages.push(JSON.parse(line).msg) }),
      profiles: createProfiles({ db: own.db, clock: () => new Date() }),
      wake: (destinationId) => void woken.push(destinationId),
      intervalMs: 10,
    });
    await until(() => expect(woken).toEqual([setup.destinationId]));

    expect(faults).toBeGreaterThanOrEqual(4);
    expect(messages).toHaveLength(faults);
    expect(new Set(messages)).toEqual(
      new Set([
        'memberships that are over could not be ended; it is tried again',
        'scheduled exports could not be looked for; it is tried again',
      ]),
    );
  });
});
