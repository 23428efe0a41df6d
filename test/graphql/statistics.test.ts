/** Statistics by public means: after real deliveries they say what the export and the deliveries say. */

import { expect, test } from 'vitest';
import { z } from 'zod';
import { addStatistics } from '../../src/storage/statistics.js';
import { startTestApp } from '../support/app.js';
import { addActivation, addDestination, type Books, openBooks } from '../support/books.js';
import { exampleClaim } from '../support/delivery.js';
import { Frontend, generateProfiles } from '../support/frontend.js';
import { createTestEdge } from '../support/graphql-client.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const database = useTestDatabase();
const PROFILES = 300;
const WINDOWS = { LAST_HOUR: 60, LAST_24_HOURS: 96, LAST_7_DAYS: 168, LAST_30_DAYS: 120 } as const;

const COUNTS = `delivered failed skipped attempts bytes possibleDuplicates codes { code count }
  latency { p50Ms p95Ms p99Ms }`;
const PERIOD = `from to recordsPerSecond ${COUNTS}`;

const Counts = z.object({
  delivered: z.number(),
  failed: z.number(),
  skipped: z.number(),
  attempts: z.number(),
  bytes: z.number(),
  possibleDuplicates: z.number(),
  codes: z.array(z.object({ code: z.string(), count: z.number() })),
  latency: z.object({ p50Ms: z.number(), p95Ms: z.number(), p99Ms: z.number() }).nullable(),
});
const Period = Counts.extend({ from: z.coerce.date(), to: z.coerce.date(), recordsPerSecond: z.number() });
const Statistics = z.object({ total: Period, buckets: z.array(Period) });

test('after an export with throttles, lost answers, a failure and a skip every window says exactly what it says', async () => {
  await using app = await startTestApp({ connection: database.connection });
  app.sandbox.createStream('orders', 3);
  const frontend = new Frontend(app.url, app.apiKey);
  await frontend.createSegments(['everyone']);
  await frontend.ingest('profiles', generateProfiles(PROFILES, ['everyone']));
  const ids = await frontend.setUp({ stream: 'orders', segmentIds: ['everyone'], attributes: ['tier'] });

  // First nothing is accepted, so that whole pages are held; meanwhile a member is erased. Then answers are lost, and
  // one record is refused.
  app.sandbox.setFaults([{ kind: 'record-error', code: 'ProvisionedThroughputExceededException' }]);
  const { id } = await frontend.triggerExport(ids.activationId);
  await until(async () => expect((await frontend.readExport(id)).attempts).toBeGreaterThan(PROFILES));
  const erased = { type: 'DeleteProfileInput', value: { profileId: 'profile-8' } };
  await frontend.mutate('deleteProfile', erased, '{ deletedId }');
  // A call that was in flight at the erasure may still carry it, and would deliver it under the next faults.
  await until(async () => expect((await frontend.readExport(id)).skipped).toBe(1));
  app.sandbox.setFaults([
    { kind: 'request-error', code: 'InvalidArgumentException', status: 400, match: { partitionKey: 'profile-7' } },
    { kind: 'lost-answer', match: { requests: { to: 3 } } },
  ]);
  await frontend.untilFinished(id);

  const told = await readExport(frontend, id);
  expect(told).toMatchObject({ delivered: PROFILES - 2, failed: 1, skipped: 1 });
  expect(told.attempts).toBeGreaterThan(PROFILES);
  expect(told.possibleDuplicates).toBeGreaterThan(0);
  for (const [window, count] of Object.entries(WINDOWS)) {
    const all = await readStatistics(frontend, window, ids);
    for (const { total, buckets } of Object.values(all)) {
      expect(total).toMatchObject(told);
      expect(buckets).toHaveLength(count);
      expect(sum(buckets)).toEqual(sum([told]));
      expect([total.from, total.to]).toEqual([buckets[0]?.from, buckets.at(-1)?.to]);
      expect(total.to.getTime()).toBeGreaterThan(Date.now() - 1_000);
      for (const { delivered, latency, recordsPerSecond } of buckets)
        expect([latency === null, recordsPerSecond === 0]).toEqual([delivered === 0, delivered === 0]);
    }
  }
  await expectBucketsOfDeliveries(frontend, ids);

  // What was delivered stays delivered.
  const ended = { type: 'DeleteActivationInput', value: { id: ids.activationId } };
  await frontend.mutate('deleteActivation', ended, '{ deletedId }');
  const { destination } = DestinationAnswer.parse(
    await frontend.run(`query($id: ID!) { destination(id: $id) { statistics { ${TOTAL} } } }`, {
      id: ids.destinationId,
    }),
  );
  expect(destination.statistics.total.delivered).toBe(PROFILES - 2);
}, 120_000);

test('without deliveries all is zero, the latency is null, and null asks for the default window', async () => {
  const edge = await createTestEdge(database.db);
  await openBooks(database.db, edge.workspaceId);

  const { data, errors } = await edge.execute(`{ destinations { nodes {
    statistics(window: null) { total { ${COUNTS} recordsPerSecond } buckets { delivered } }
  } } }`);

  expect(errors).toEqual([]);
  const [{ statistics }] = data.destinations.nodes;
  expect(statistics.total).toEqual({
    ...{ delivered: 0, failed: 0, skipped: 0, attempts: 0, bytes: 0, possibleDuplicates: 0 },
    codes: [],
    latency: null,
    recordsPerSecond: 0,
  });
  expect(statistics.buckets).toHaveLength(96);
});

test('each destination, activation and workspace has its own counts', async () => {
  const edge = await createTestEdge(database.db);
  const stranger = await createTestEdge(database.db);
  const first = await openBooks(database.db, edge.workspaceId);
  const own = [first, await addSibling(first)];
  const foreign = await openBooks(database.db, stranger.workspaceId);
  for (const [index, books] of [...own, foreign].entries())
    await deliver(books, { delivered: 10 ** index, 'code.NOT_A_MEMBER': index, skipped: index });

  const { data, errors } = await edge.execute(`{
    viewer { workspace { statistics { ${TOTAL} } } }
    destinations(orderBy: CREATED_AT_ASC) { nodes { statistics { ${TOTAL} } } }
    activations(orderBy: CREATED_AT_ASC) { nodes { statistics { ${TOTAL} } } }
  }`);

  expect(errors).toEqual([]);
  const deliveredBy = (node: { statistics: { total: { delivered: number } } }) => node.statistics.total.delivered;
  expect(deliveredBy(data.viewer.workspace)).toBe(11);
  expect(data.destinations.nodes.map(deliveredBy)).toEqual([1, 10]);
  expect(data.activations.nodes.map(deliveredBy)).toEqual([1, 10]);
});

test('statistics of 50 destinations cost as many statements as those of one: one a window', async () => {
  const edge = await createTestEdge(database.db);
  const first = await openBooks(database.db, edge.workspaceId);
  for (const books of [first, await addSibling(first), await addSibling(first)]) await deliver(books, { delivered: 1 });
  const query = `query ($first: Int) { destinations(first: $first) { nodes {
    hour: statistics(window: LAST_HOUR) { ${TOTAL} }
    again: statistics(window: LAST_HOUR) { buckets { delivered } }
    month: statistics(window: LAST_30_DAYS) { ${TOTAL} }
    activations { nodes { statistics { ${TOTAL} } } }
  } } }`;

  const one = await edge.countQueries(() => edge.execute(query, { first: 1 }));
  const many = await edge.countQueries(() => edge.execute(query, { first: 50 }));

  // Two lists, two windows of destinations, one of activations.
  expect(one).toBe(5);
  expect(many).toBe(one);
});

const TOTAL = 'total { delivered }';
const DestinationAnswer = z.object({
  destination: z.object({ statistics: z.object({ total: z.object({ delivered: z.number() }) }) }),
});

/** Another destination of the workspace, with an activation. */
async function addSibling(books: Books): Promise<Books> {
  const destinationId = await addDestination(database.db, books.workspaceId);
  return { ...books, destinationId, activationId: await addActivation({ ...books, destinationId }) };
}

async function deliver(books: Books, counters: Record<string, number>): Promise<void> {
  const { workspaceId, destinationId, activationId } = books;
  const claim = { ...exampleClaim, workspaceId, destinationId };
  await addStatistics(database.db, claim, [{ lane: claim.lane, activationId, counters }]);
}

async function readExport(frontend: Frontend, id: string): Promise<z.infer<typeof Counts>> {
  const data = await frontend.run(`query($id: ID!) { export(id: $id) { ${COUNTS} } }`, { id });
  return Counts.parse(data['export']);
}

async function readStatistics(
  frontend: Frontend,
  window: string,
  ids: { destinationId: string; activationId: string },
): Promise<Record<string, z.infer<typeof Statistics>>> {
  const asked = `statistics(window: $window) { total { ${PERIOD} } buckets { ${PERIOD} } }`;
  const data = await frontend.run(
    `query($window: StatisticsWindow!, $destinationId: ID!, $activationId: ID!) {
      destination(id: $destinationId) { ${asked} }
      activation(id: $activationId) { ${asked} }
      viewer { workspace { ${asked} } }
    }`,
    { window, ...ids },
  );
  const Node = z.object({ statistics: Statistics }).transform(({ statistics }) => statistics);
  const { viewer, ...nodes } = z
    .object({ destination: Node, activation: Node, viewer: z.object({ workspace: Node }) })
    .parse(data);
  return { ...nodes, workspace: viewer.workspace };
}

function sum(counts: readonly z.infer<typeof Counts>[]) {
  const names = ['delivered', 'failed', 'skipped', 'attempts', 'bytes', 'possibleDuplicates'] as const;
  const total = (name: (typeof names)[number]) => counts.reduce((all, one) => all + one[name], 0);
  return Object.fromEntries(names.map((name) => [name, total(name)]));
}

/** Each bucket has as many deliveries as are listed between its begin and its end. */
async function expectBucketsOfDeliveries(
  frontend: Frontend,
  ids: { destinationId: string; activationId: string },
): Promise<void> {
  const { destination } = await readStatistics(frontend, 'LAST_HOUR', ids);
  const busy = destination?.buckets.filter(({ delivered, failed, skipped }) => delivered + failed + skipped > 0) ?? [];
  for (const { from, to, delivered, failed, skipped } of busy) {
    let listed = 0;
    for (let after: string | null = null, hasMore = true; hasMore; ) {
      const { deliveries } = DeliveryPage.parse(
        await frontend.run(
          `query($from: DateTimeISO!, $to: DateTimeISO!, $after: String) {
            deliveries(first: 100, after: $after, filter: { from: $from, to: $to }) {
              nodes { id } pageInfo { hasNextPage endCursor }
            }
          }`,
          { from, to, after },
        ),
      );
      listed += deliveries.nodes.length;
      hasMore = deliveries.pageInfo.hasNextPage;
      after = deliveries.pageInfo.endCursor;
    }
    expect(listed).toBe(delivered + failed + skipped);
  }
}

const DeliveryPage = z.object({
  deliveries: z.object({
    nodes: z.array(z.object({ id: z.string() })),
    pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
  }),
});
