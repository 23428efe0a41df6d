import { graphql, parse } from 'graphql';
import type { KyselyPlugin } from 'kysely';
import { beforeEach, expect, test } from 'vitest';
import { toGlobalId } from '../../src/domain/global-id.js';
import { encodeEventCursor } from '../../src/events/event-cursor.js';
import { createContextFactory } from '../../src/graphql/execution-context.js';
import { buildGraphQLSchema } from '../../src/graphql/schema.js';
import { subscribeFresh } from '../../src/http/subscription-execution.js';
import { bindServices } from '../../src/services.js';
import { insertDeliveryEvents } from '../../src/storage/delivery-events.js';
import { useTails } from '../support/event-tail.js';
import {
  commitEvent,
  commitExportState,
  commitHealth,
  createEventScene,
  createExport,
  type EventScene,
} from '../support/events.js';
import { createTestSeal } from '../support/seal.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
const tails = useTails(database);
const schema = buildGraphQLSchema();
let scene: EventScene;
let destinationId: string;
/** Statements that the resolvers have sent. */
let sent = 0;

const counting: KyselyPlugin = {
  transformQuery({ node }) {
    sent += 1;
    return node;
  },
  transformResult: async ({ result }) => result,
};

beforeEach(async () => {
  scene = await createEventScene(database.db);
  destinationId = toGlobalId('KinesisDestination', scene.destinationId);
});

const EVENTS = parse(`
  subscription ($destinationId: ID!, $exportId: ID, $activationId: ID, $after: String, $first: Int) {
    deliveryEvents(destinationId: $destinationId, exportId: $exportId, activationId: $activationId, after: $after) {
      __typename
      ... on DeliveryEvent { at cursor }
      ... on DeliveriesCommitted {
        attempts bytes delivered failed skipped deferred possibleDuplicates origins
        codes { code count reason { retryable } }
        activation { id }
        exports { delivered failed skipped export { id state } }
        deliveries(first: $first) { nodes { outcome sequenceNumber } }
      }
      ... on ExportStateChanged { state export { id state } }
      ... on DestinationHealthChanged { health { status message } destination { id health { status } } }
      ... on StreamPosition { caughtUp }
      ... on StreamEnded { code message resumeAfter }
    }
  }`);

const PROGRESS = parse('subscription ($exportId: ID!) { exportProgress(exportId: $exportId) { id state } }');

async function watch(document: typeof EVENTS, variableValues: Record<string, unknown>) {
  const seal = createTestSeal();
  const servicesOn = bindServices({ seal });
  const inWorkspace = (id: number) => database.inWorkspace(id).withPlugin(counting);
  const createContext = createContextFactory({ inWorkspace, events: tails.start({ progressMs: 0 }), servicesOn });
  const viewer = { actor: { kind: 'API_KEY', name: 'test' }, role: 'VIEWER', expiresAt: null } as const;
  const stream = await subscribeFresh({ schema, document, variableValues }, () =>
    createContext({ ...viewer, workspaceId: scene.workspaceId }, { requestId: 'test' }),
  );
  if (!(Symbol.asyncIterator in stream)) throw new Error(JSON.stringify(stream));
  return {
    async next() {
      const { done, value } = await stream.next();
      if (done) return null;
      expect(value.errors).toBeUndefined();
      return structuredClone(value.data?.['deliveryEvents'] ?? value.data?.['exportProgress'] ?? null);
    },
    leave: () => stream.return(undefined),
  };
}

/** Commits a page with one record of each outcome, as the engine does. */
async function commitPage(exportIds: number[]) {
  const { workspaceId, activationId } = scene;
  const page = { workspaceId, activationId, destinationId: scene.destinationId, lane: 2, position: 1 };
  const sent = { attempts: 2, sizeBytes: 90 };
  await database.db
    .updateTable('lane')
    .set({ position: 1 })
    .where('destination_id', '=', scene.destinationId)
    .where('lane', '=', 2)
    .execute();
  await insertDeliveryEvents(database.db, [
    {
      ...page,
      activationVersion: 1,
      destinationVersion: 1,
      origin: 'MANUAL',
      exportIds,
      attempts: 4,
      deferrals: { THROTTLED: 2 },
      records: [
        {
          outcome: 'DELIVERED',
          causes: [],
          profileKey: 1,
          revision: 1,
          shardId: 's-0',
          sequenceNumber: '77',
          latencyMs: 5,
          possibleDuplicate: true,
          ...sent,
        },
        { outcome: 'FAILED', causes: [], profileKey: 2, revision: 1, code: 'RECORD_TOO_LARGE', ...sent },
        { outcome: 'SKIPPED', causes: [], profileKey: 3, revision: 1, code: 'NOT_A_MEMBER' },
      ],
    },
  ]);
  tails.notify(scene.destinationId);
}

test('a committed page arrives with its counts, codes, exports and records', async () => {
  const exportId = await createExport(database.db, scene);
  const stream = await watch(EVENTS, { destinationId });
  const position = await stream.next();

  await commitPage([exportId]);
  const committed = await stream.next();

  expect(position).toMatchObject({ __typename: 'StreamPosition', caughtUp: true });
  expect(committed).toEqual({
    __typename: 'DeliveriesCommitted',
    at: expect.stringMatching(/^\d{4}-.*Z$/),
    cursor: expect.any(String),
    attempts: 4,
    bytes: 90,
    delivered: 1,
    failed: 1,
    skipped: 1,
    deferred: 2,
    possibleDuplicates: 1,
    origins: ['MANUAL'],
    codes: [
      { code: 'THROTTLED', count: 2, reason: { retryable: true } },
      { code: 'NOT_A_MEMBER', count: 1, reason: { retryable: false } },
      { code: 'RECORD_TOO_LARGE', count: 1, reason: { retryable: false } },
    ],
    activation: { id: toGlobalId('Activation', scene.activationId) },
    exports: [
      { delivered: 1, failed: 1, skipped: 1, export: { id: toGlobalId('Export', exportId), state: 'RUNNING' } },
    ],
    deliveries: {
      nodes: [
        { outcome: 'DELIVERED', sequenceNumber: '77' },
        { outcome: 'FAILED', sequenceNumber: null },
        { outcome: 'SKIPPED', sequenceNumber: null },
      ],
    },
  });
  await stream.leave();
});

test('an event costs a fixed number of statements, however many of its records are asked for', async () => {
  await commitPage([await createExport(database.db, scene)]);
  const counts: number[] = [];
  for (const first of [1, 50]) {
    const after = encodeEventCursor({ destinationId: scene.destinationId, positions: new Array(17).fill(0) });
    const stream = await watch(EVENTS, { destinationId, after, first });
    const before = sent;
    expect(await stream.next()).toMatchObject({ __typename: 'DeliveriesCommitted' });
    counts.push(sent - before);
    await stream.leave();
  }

  // The look at the destination with which it begins among them.
  expect(counts).toEqual([4, 4]);
});

test('health comes as it was, the destination as it is', async () => {
  const stream = await watch(EVENTS, { destinationId });
  await stream.next();

  await commitHealth(database.db, scene, { status: 'DEGRADED', message: 'no answer' });
  tails.notify(scene.destinationId);

  expect(await stream.next()).toMatchObject({
    __typename: 'DestinationHealthChanged',
    health: { status: 'DEGRADED', message: 'no answer' },
    destination: { id: destinationId, health: { status: 'UNTESTED' } },
  });
  await stream.leave();
});

test('an export is read afresh for each event, and its end is named', async () => {
  const exportKey = await createExport(database.db, scene);
  const exportId = toGlobalId('Export', exportKey);
  const stream = await watch(EVENTS, { destinationId, exportId });
  await stream.next();

  await commitEvent(database.db, { ...scene, lane: 0 }, { exportIds: [exportKey] });
  tails.notify(scene.destinationId);
  const running = await stream.next();
  await commitExportState(database.db, scene, { exportId: exportKey, state: 'SUCCEEDED' });
  tails.notify(scene.destinationId);

  expect(running).toMatchObject({ exports: [{ export: { state: 'RUNNING' } }] });
  expect(await stream.next()).toMatchObject({ state: 'SUCCEEDED', export: { id: exportId, state: 'SUCCEEDED' } });
  expect(await stream.next()).toMatchObject({ __typename: 'StreamEnded', code: 'EXPORT_FINISHED', resumeAfter: null });
  expect(await stream.next()).toBeNull();
});

test("the destination's own cursor is one to start with", async () => {
  await commitPage([]);
  const source = 'query ($id: ID!) { node(id: $id) { ... on Destination { eventCursor } } }';
  const servicesOn = bindServices({ seal: createTestSeal() });
  const contextValue = createContextFactory({ inWorkspace: database.inWorkspace, events: tails.start(), servicesOn })(
    { actor: { kind: 'API_KEY', name: 'test' }, role: 'VIEWER', expiresAt: null, workspaceId: scene.workspaceId },
    { requestId: 'test' },
  );
  const { data } = await graphql({ schema, source, variableValues: { id: destinationId }, contextValue });
  const after = Object(data?.['node'])['eventCursor'];
  const stream = await watch(EVENTS, { destinationId, after });
  await commitEvent(database.db, { ...scene, lane: 2 }, { delivered: 9 });

  expect(await stream.next()).toMatchObject({ __typename: 'DeliveriesCommitted', delivered: 9 });
  await stream.leave();
});

test.each([
  ['destination', () => ({ destinationId: 'nonsense' })],
  ['export', () => ({ destinationId, exportId: toGlobalId('Activation', scene.activationId) })],
  ['activation', () => ({ destinationId, activationId: 'nonsense' })],
])('a malformed id of a %s reads like a missing one', async (_, variables) => {
  const stream = await watch(EVENTS, variables());

  expect(await stream.next()).toMatchObject({ __typename: 'StreamEnded', code: 'NOT_FOUND' });
  expect(await stream.next()).toBeNull();
});

test('progress shows the newest state and completes when the export has finished', async () => {
  const exportKey = await createExport(database.db, scene);
  const id = toGlobalId('Export', exportKey);
  const stream = await watch(PROGRESS, { exportId: id });
  const first = await stream.next();

  await commitExportState(database.db, scene, { exportId: exportKey, state: 'CANCELED' });
  tails.notify(scene.destinationId);

  expect(first).toEqual({ id, state: 'RUNNING' });
  expect(await stream.next()).toEqual({ id, state: 'CANCELED' });
  expect(await stream.next()).toBeNull();
});

test('progress of an unknown export is null, once', async () => {
  const stream = await watch(PROGRESS, { exportId: 'nonsense' });

  expect([await stream.next(), await stream.next()]).toEqual([null, null]);
});
