/** Requests that what is stored forbids: each says what stands in the way, and changes nothing. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { startTestApp, type TestApp } from '../support/app.js';
import { Frontend, generateProfiles, type SetUp } from '../support/frontend.js';
import { countRows, mutate } from '../support/refusals.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const database = useTestDatabase();
let app: TestApp;
let frontend: Frontend;

beforeAll(async () => {
  app = await startTestApp({ connection: database.connection });
  for (const stream of ['exports', 'deleted', 'used', 'retries']) app.sandbox.createStream(stream, 2);
  frontend = new Frontend(app.url, app.apiKey);
  await frontend.createSegments(['full', 'empty']);
  await frontend.ingest('profiles', generateProfiles(200, ['full']));
});

afterAll(async () => {
  await app[Symbol.asyncDispose]();
});

function connect(stream: string, segmentIds = ['full']): Promise<SetUp> {
  return frontend.setUp({ stream, segmentIds, attributes: [] });
}

async function exists(id: string): Promise<boolean> {
  return (await frontend.run('query($id: ID!) { node(id: $id) { id } }', { id }))['node'] !== null;
}

describe('an export', () => {
  let setUp: SetUp;

  beforeAll(async () => {
    setUp = await connect('exports');
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['no segments', { segmentIds: [] }, 'OUT_OF_RANGE input.segmentIds'],
    ['251 segments', { segmentIds: Array.from({ length: 251 }, String) }, 'OUT_OF_RANGE input.segmentIds'],
    ['a segment that is not in the activation', { segmentIds: ['empty'] }, 'NOT_FOUND input.segmentIds.0'],
    ['no profiles', { profileIds: [] }, 'OUT_OF_RANGE input.profileIds'],
    ['501 profiles', { profileIds: Array.from({ length: 501 }, String) }, 'OUT_OF_RANGE input.profileIds'],
    ['a profile twice', { profileIds: ['a', 'b', 'a'] }, 'DUPLICATE input.profileIds.2'],
    ['a profile that does not exist', { profileIds: ['nobody'] }, 'NOT_FOUND input.profileIds.0'],
    ['segments and profiles', { segmentIds: ['full'], profileIds: ['a'] }, 'NOT_ALLOWED input.profileIds'],
    ['an unknown activation', { activationId: 'bm9uZQ' }, 'NOT_FOUND input.activationId'],
    ['an empty idempotency key', { idempotencyKey: '' }, 'REQUIRED input.idempotencyKey'],
    ['an idempotency key of 256 characters', { idempotencyKey: 'k'.repeat(256) }, 'OUT_OF_RANGE input.idempotencyKey'],
    ['no records a second', { maxRecordsPerSecond: 0 }, 'OUT_OF_RANGE input.maxRecordsPerSecond'],
    ['1,000,001 records a second', { maxRecordsPerSecond: 1_000_001 }, 'OUT_OF_RANGE input.maxRecordsPerSecond'],
  ])('of %s is refused', async (_what, change, issue) => {
    const before = await countRows(database.db);

    const answer = await mutate(app, 'triggerExport', { activationId: setUp.activationId, ...change });

    expect(answer).toMatchObject({ typename: 'InvalidInputError', issues: [issue] });
    expect(await countRows(database.db)).toEqual(before);
  });

  test('to a disabled destination is refused', async () => {
    const { activationId, destinationId } = await connect('disabled');
    await mutate(app, 'disableDestination', { id: destinationId });
    const before = await countRows(database.db);

    const answer = await mutate(app, 'triggerExport', { activationId });

    expect(answer).toMatchObject({ typename: 'InvalidStateError', code: 'DESTINATION_DISABLED' });
    expect(await countRows(database.db)).toEqual(before);
  });

  test('of a paused activation is refused', async () => {
    const activationId = await frontend.activate(setUp.destinationId, { segmentIds: ['empty'], attributes: [] });
    await mutate(app, 'pauseActivation', { id: activationId });
    const before = await countRows(database.db);

    const answer = await mutate(app, 'triggerExport', { activationId });

    expect(answer).toMatchObject({ typename: 'InvalidStateError', code: 'ACTIVATION_PAUSED' });
    expect(await countRows(database.db)).toEqual(before);
  });

  test('of an empty segment succeeds with nothing', async () => {
    const options = { segmentIds: ['empty'], attributes: [] };
    const activationId = await frontend.activate(setUp.destinationId, options);

    const finished = await frontend.untilFinished((await frontend.triggerExport(activationId)).id);

    expect(finished).toMatchObject({
      state: 'SUCCEEDED',
      received: 0,
      delivered: 0,
      failed: 0,
      skipped: 0,
      pending: 0,
    });
  });
});

describe('a destination', () => {
  test('with a running export cannot be deleted; once it can, nothing of it is exported any more', async () => {
    const { destinationId, activationId } = await connect('deleted');
    app.sandbox.setFaults([{ kind: 'slow-answer', delayMs: 500 }]);
    const running = await frontend.triggerExport(activationId);
    const refused = await mutate(app, 'deleteDestination', { id: destinationId });
    const exportRemains = await exists(running.id);
    app.sandbox.setFaults([]);
    await frontend.untilFinished(running.id);
    const deleted = await mutate(app, 'deleteDestination', { id: destinationId });
    const before = await countRows(database.db);
    const late = await mutate(app, 'triggerExport', { activationId });

    expect(refused).toMatchObject({ typename: 'InvalidStateError', code: 'EXPORT_RUNNING', path: 'input.id' });
    expect(exportRemains).toBe(true);
    expect(deleted.typename).toBe('DeleteDestinationSuccess');
    expect(late).toMatchObject({ typename: 'InvalidInputError', issues: ['NOT_FOUND input.activationId'] });
    expect(await countRows(database.db)).toEqual(before);
  });
});

describe('what is in use stays:', () => {
  let setUp: SetUp;
  let credentialId: string;

  beforeAll(async () => {
    setUp = await connect('used');
    const data = await frontend.run('query($id: ID!) { destination(id: $id) { credential { id } } }', {
      id: setUp.destinationId,
    });
    credentialId = z.object({ credential: z.object({ id: z.string() }) }).parse(data['destination']).credential.id;
  });

  test('a segment', async () => {
    const answer = await mutate(app, 'deleteSegment', { segmentId: 'full' });

    expect(answer).toMatchObject({ typename: 'InvalidStateError', code: 'IN_USE', path: 'input.segmentId' });
    expect(await exists(answer.current ?? '')).toBe(true);
  });

  test('a credential', async () => {
    const answer = await mutate(app, 'deleteCredential', { id: credentialId });

    expect(answer).toMatchObject({ typename: 'InvalidStateError', code: 'IN_USE', path: 'input.id' });
    expect(answer.current).toBe(credentialId);
    expect(await exists(credentialId)).toBe(true);
  });
});

describe('a failed record is not retried that', () => {
  let records: Map<string, string>;

  beforeAll(async () => {
    const { destinationId, activationId } = await connect('retries');
    const match = (partitionKey: string) => ({ operation: 'PutRecords', partitionKey });
    const keys = ['profile-1', 'profile-2', 'profile-3'];
    app.sandbox.setFaults(
      keys.map((key) => ({ kind: 'request-error', code: 'InvalidArgumentException', status: 400, match: match(key) })),
    );
    const finished = await frontend.untilFinished((await frontend.triggerExport(activationId)).id);
    expect(finished).toMatchObject({ received: 200, delivered: 197, failed: 3 });
    app.sandbox.setFaults([]);
    records = await readRecords(destinationId);
  });

  test('was discarded', async () => {
    const ids = [records.get('profile-1')];
    const discarded = await mutate(app, 'discardFailedRecords', { filter: { ids } });

    const answer = await mutate(app, 'retryFailedRecords', { filter: { ids } });

    expect(discarded.typename).toBe('DiscardFailedRecordsSuccess');
    expect(answer).toMatchObject({ typename: 'InvalidInputError', issues: ['RECORD_NOT_OPEN input.filter.ids.0'] });
  });

  test('was erased with its profile', async () => {
    const deleted = await mutate(app, 'deleteProfile', { profileId: 'profile-2' });

    const answer = await mutate(app, 'retryFailedRecords', { filter: { ids: [records.get('profile-2')] } });

    expect(deleted.typename).toBe('DeleteProfileSuccess');
    expect(answer).toMatchObject({ typename: 'InvalidInputError', issues: ['NOT_FOUND input.filter.ids.0'] });
  });

  test('was retried already', async () => {
    const ids = [records.get('profile-3')];
    const first = await mutate(app, 'retryFailedRecords', { filter: { ids } });
    const atOnce = await mutate(app, 'retryFailedRecords', { filter: { ids } });
    await until(async () => expect(await readState(ids[0] ?? '')).toBe('RECOVERED'), { timeoutMs: 20_000 });
    const before = await countRows(database.db);
    const late = await mutate(app, 'retryFailedRecords', { filter: { ids } });

    expect(first.typename).toBe('RetryFailedRecordsSuccess');
    expect([atOnce.issues, late.issues]).toEqual([
      ['RECORD_NOT_OPEN input.filter.ids.0'],
      ['RECORD_NOT_OPEN input.filter.ids.0'],
    ]);
    expect(await countRows(database.db)).toEqual(before);
  });

  test('is not named by anything', async () => {
    const answer = await mutate(app, 'retryFailedRecords', { filter: {} });

    expect(answer.issues).toEqual(['REQUIRED input.filter']);
  });
});

describe('events are not streamed from', () => {
  let cursors: string[];
  let destinationId: string;

  beforeAll(async () => {
    const [own, other] = [await connect('own'), await connect('other')];
    destinationId = own.destinationId;
    cursors = await Promise.all([own, other].map((setUp) => frontend.readEventCursor(setUp.destinationId)));
  });

  test.each<[string, () => string | undefined]>([
    ['nothing', () => ''],
    ['no cursor at all', () => 'nonsense'],
    ['a truncated cursor', () => cursors[0]?.slice(0, -2)],
    ['the cursor of another destination', () => cursors[1]],
    ['a place that no event has yet', () => forge(cursors[0] ?? '')],
    ['a cursor of 900,000 characters', () => 'a'.repeat(900_000)],
  ])('%s', async (_what, makeCursor) => {
    const query = `subscription($id: ID!, $after: String) {
      deliveryEvents(destinationId: $id, after: $after) { __typename ... on StreamEnded { code message } }
    }`;
    const events: unknown[] = [];
    const variables = { id: destinationId, after: makeCursor() };
    for await (const data of frontend.subscribe(query, variables, AbortSignal.timeout(10_000))) events.push(data);

    const end = { __typename: 'StreamEnded', code: 'CURSOR_INVALID', message: expect.stringContaining('cursor') };
    expect(events).toEqual([{ deliveryEvents: end }]);
  });

  /** Sets the last position, which counts what happens outside lanes, far ahead. */
  function forge(cursor: string): string {
    const positions = Buffer.from(cursor, 'base64url').toString().split('.');
    return Buffer.from([...positions.slice(0, -1), '99'].join('.')).toString('base64url');
  }
});

/** Ids of a destination's failed records by profile. */
async function readRecords(destinationId: string): Promise<Map<string, string>> {
  const query =
    'query($id: ID!) { failedRecords(first: 10, filter: { destinationId: $id }) { nodes { id profileId } } }';
  const nodes = z.object({ nodes: z.array(z.object({ id: z.string(), profileId: z.string() })) });
  const data = await frontend.run(query, { id: destinationId });
  return new Map(nodes.parse(data['failedRecords']).nodes.map(({ id, profileId }) => [profileId, id]));
}

async function readState(id: string): Promise<string> {
  const data = await frontend.run('query($id: ID!) { failedRecord(id: $id) { state } }', { id });
  return z.object({ state: z.string() }).parse(data['failedRecord']).state;
}
