/** Many subscribers over real sockets: one execution serves them all, and each gets what it would get alone. */

import 'reflect-metadata';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { readConfig } from '../../src/config.js';
import { toGlobalId } from '../../src/domain/global-id.js';
import type { Viewer } from '../../src/domain/viewer.js';
import { EventTail } from '../../src/events/tail.js';
import { createContextFactory } from '../../src/graphql/execution-context.js';
import { buildGraphQLSchema } from '../../src/graphql/schema.js';
import { createErrorPresenter } from '../../src/http/graphql-errors.js';
import { createMetrics } from '../../src/http/metrics.js';
import { createRequestLimits } from '../../src/http/request-limits.js';
import { type HttpServer, startHttpServer } from '../../src/http/server.js';
import { bindServices } from '../../src/services.js';
import { DELIVERY_EVENT_CHANNEL } from '../../src/storage/event-tail.js';
import { createListener, type Listener } from '../../src/storage/notification-listener.js';
import { createNotifier, type Notifier } from '../../src/storage/notifications.js';
import { commitEvent, createEventScene, type EventContent, type EventScene } from '../support/events.js';
import { createTestSeal } from '../support/seal.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const database = useTestDatabase();
const log = pino({ level: 'silent' });
let listener: Listener;
let notifier: Notifier;
let events: EventTail;
let server: HttpServer;
let scene: EventScene;
/** Who each context was made for: one when a subscription starts, one for each execution. */
let contexts: Viewer[] = [];

beforeAll(async () => {
  const { db } = database;
  scene = await createEventScene(db);
  listener = createListener({ connection: database.connection, log });
  notifier = createNotifier({ db, log });
  events = new EventTail({ db, log, listener, ringCapacity: 32 });
  const createContext = createContextFactory({
    inWorkspace: database.inWorkspace,
    events,
    servicesOn: bindServices({ seal: createTestSeal() }),
  });
  server = await startHttpServer({
    host: '127.0.0.1',
    port: 0,
    maxBodyBytes: 65_536,
    log,
    pingDatabase: async () => undefined,
    metrics: createMetrics({
      readBooks: async () => ({ pendingRecords: 0, oldestPendingSeconds: 0, unaccountedRecords: 0 }),
      log,
    }),
    graphql: {
      schema: buildGraphQLSchema(),
      createContext(viewer, origin) {
        contexts.push(viewer);
        return createContext(viewer, origin);
      },
      // The key is the role.
      authenticate: async (role) => viewerOf(role),
      presenter: createErrorPresenter({ badInputErrors: [], hidesSuggestions: false }),
      limits: createRequestLimits(readConfig({}).limits),
      webSocketOrigins: new Set(),
      operations: null,
      log,
    },
  });
});
afterAll(async () => {
  await events?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
  await notifier?.[Symbol.asyncDispose]();
  await listener?.[Symbol.asyncDispose]();
});

function viewerOf(role: string): Viewer {
  const { workspaceId } = scene;
  return {
    actor: { kind: 'API_KEY', name: role },
    role: z.enum(['VIEWER', 'OPERATOR', 'ADMIN']).parse(role),
    workspaceId,
    expiresAt: null,
  };
}

const Message = z.object({ id: z.string().optional(), type: z.string(), payload: z.unknown().optional() });
const Update = z.object({
  data: z.object({
    deliveryEvents: z.object({
      __typename: z.string(),
      cursor: z.string().optional(),
      delivered: z.number().optional(),
      caughtUp: z.boolean().optional(),
    }),
  }),
});

const EVENTS = `subscription ($destinationId: ID!, $after: String) {
  deliveryEvents(destinationId: $destinationId, after: $after) {
    __typename
    ... on DeliveryEvent { cursor }
    ... on DeliveriesCommitted { delivered activation { id } }
    ... on StreamPosition { caughtUp }
  }
}`;

/** A client without a library: it keeps what comes, and what it does with it is up to the test. */
class Subscriber {
  readonly socket: WebSocket;
  readonly messages: z.infer<typeof Message>[] = [];

  constructor(
    readonly id: string,
    { role = 'ADMIN', query = EVENTS, after = null as string | null } = {},
  ) {
    this.socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    const send = (message: object) => this.socket.send(JSON.stringify(message));
    this.socket.once('open', () => send({ type: 'connection_init', payload: { authorization: `Bearer ${role}` } }));
    this.socket.on('message', (text) => {
      const message = Message.parse(JSON.parse(String(text)));
      this.messages.push(message);
      const variables = { destinationId: toGlobalId('KinesisDestination', scene.destinationId), after };
      if (message.type === 'connection_ack') send({ id, type: 'subscribe', payload: { query, variables } });
    });
  }

  get updates() {
    return this.messages.flatMap(({ type, payload }) =>
      type === 'next' ? [Update.parse(payload).data.deliveryEvents] : [],
    );
  }

  /** What stands in place of counts: the number of each event. */
  get numbers(): number[] {
    return this.updates.flatMap(({ delivered }) => (delivered === undefined ? [] : [delivered]));
  }

  get isLive(): boolean {
    return this.updates.some(({ caughtUp }) => caughtUp);
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.socket.once('close', resolve));
    this.socket.close();
    await closed;
  }
}

let committed = 0;

/** Commits an event, with its number in place of its count. */
async function commit(content: EventContent = {}): Promise<number> {
  committed += 1;
  const number = committed;
  await commitEvent(database.db, { ...scene, lane: number % 16 }, { ...content, delivered: number });
  notifier.notify(DELIVERY_EVENT_CHANNEL, String(scene.destinationId));
  return number;
}

async function openAll(count: number, options = {}): Promise<Subscriber[]> {
  const subscribers = Array.from({ length: count }, (_, index) => new Subscriber(`s${index}`, options));
  await until(() => expect(subscribers.filter(({ isLive }) => !isLive)).toEqual([]));
  return subscribers;
}

const closeAll = (subscribers: readonly Subscriber[]) => Promise.all(subscribers.map((one) => one.close()));

test('an event is executed once for all who are live, and each gets it under its own id', async () => {
  const subscribers = await openAll(40);
  contexts = [];

  const numbers = [await commit(), await commit(), await commit()];
  await until(() => expect(subscribers.map((one) => one.numbers)).toEqual(subscribers.map(() => numbers)));

  expect(contexts).toHaveLength(3);
  for (const { id, messages } of subscribers)
    expect(new Set(messages.filter(({ type }) => type === 'next').map((message) => message.id))).toEqual(new Set([id]));
  await closeAll(subscribers);
});

test('callers of different roles do not share', async () => {
  const subscribers = [...(await openAll(2, { role: 'VIEWER' })), ...(await openAll(2, { role: 'OPERATOR' }))];
  contexts = [];

  const number = await commit();
  await until(() => expect(subscribers.map((one) => one.numbers)).toEqual(subscribers.map(() => [number])));

  expect(contexts.map(({ role }) => role).sort()).toEqual(['OPERATOR', 'VIEWER']);
  await closeAll(subscribers);
});

test('who comes and goes while 150 events are committed sees each from its start on, once and in order of lanes', async () => {
  const open: Subscriber[] = [];
  const seen: { first: number; subscriber: Subscriber }[] = [];
  for (let round = 0; round < 150; round += 1) {
    const subscriber = new Subscriber(`r${round}`);
    open.push(subscriber);
    seen.push({ first: committed + 1, subscriber });
    if (round % 3 === 2) await open.shift()?.close();
    await commit();
  }
  await until(() => expect(open.filter(({ isLive }) => !isLive)).toEqual([]), { timeoutMs: 30_000 });
  const last = await commit();
  await until(() => expect(open.filter(({ numbers }) => !numbers.includes(last))).toEqual([]), { timeoutMs: 30_000 });

  for (const { first, subscriber } of seen) {
    const { numbers } = subscriber;
    expect(new Set(numbers).size).toBe(numbers.length);
    for (let lane = 0; lane < 16; lane += 1) {
      const ofLane = numbers.filter((number) => number % 16 === lane);
      expect(ofLane).toEqual(ofLane.toSorted((a, b) => a - b));
      // Without a gap: the numbers of a lane are 16 apart.
      expect(ofLane.at(-1) ?? 0).toBe((ofLane[0] ?? 0) + 16 * Math.max(0, ofLane.length - 1));
    }
    expect(Math.min(last, ...numbers)).toBeGreaterThanOrEqual(first - 16);
  }
  for (const { numbers } of open)
    for (let lane = 0; lane < 16; lane += 1)
      if (numbers.some((number) => number % 16 === lane)) expect(numbers).toContain(lastOf(lane, last));
  await closeAll(open);
});

const lastOf = (lane: number, last: number) => last - ((((last - lane) % 16) + 16) % 16);

test('a cursor from the shared stream resumes behind it', async () => {
  const [subscriber] = await openAll(1);
  const number = await commit();
  await until(() => expect(subscriber?.numbers).toEqual([number]));
  const after = subscriber?.updates.findLast(({ delivered }) => delivered === number)?.cursor ?? null;
  await subscriber?.close();

  const next = await commit();
  const resumed = new Subscriber('again', { after });
  await until(() => expect(resumed.numbers).toEqual([next]));

  await resumed.close();
});

test('a client that does not read delays nobody, and misses nothing once it reads on', async () => {
  // A long answer of few fields: 140 kB each, in all more than sockets hold of a client that reads nothing.
  const query = EVENTS.replace('delivered ', `delivered exports { ${'x'.repeat(120)}: delivered } `);
  const exportIds = Array.from({ length: 1_000 }, (_, index) => index + 1);
  const [slow, fast] = await openAll(2, { query });
  if (!slow || !fast) throw new Error('Nobody subscribed.');
  slow.socket.pause();
  contexts = [];
  const numbers: number[] = [];
  // Soon over: a client that answers no ping for 24 s is given up.
  while (numbers.length < 100) numbers.push(await commit({ exportIds }));
  await until(() => expect(fast.numbers).toHaveLength(100), { timeoutMs: 10_000 });
  expect(slow.numbers.length).toBeLessThan(100);

  slow.socket.resume();
  await until(() => expect(slow.numbers).toHaveLength(100), { timeoutMs: 30_000 });

  expect(slow.numbers.toSorted((a, b) => a - b)).toEqual(numbers);
  // What it had not read was executed for it alone; then it shares again.
  expect(contexts.length).toBeGreaterThan(100);
  contexts = [];
  const last = await commit();
  await until(() => expect([slow.numbers.at(-1), fast.numbers.at(-1)]).toEqual([last, last]));
  expect(contexts).toHaveLength(1);
  await closeAll([slow, fast]);
}, 60_000);

test('an error is told to each under the id of its own request', async () => {
  const query = EVENTS.replace('delivered ', 'delivered deliveries(first: 1000) { nodes { id } } ');
  const subscribers = await openAll(3, { query });

  await commit();
  const failure = z.object({
    errors: z.array(z.object({ extensions: z.object({ code: z.string(), requestId: z.string() }) })),
  });
  await until(() => expect(subscribers.map(({ messages }) => messages.length)).toEqual([3, 3, 3]));
  const extensions = subscribers.map(
    ({ messages }) => failure.parse(messages.at(-1)?.payload).errors[0]?.extensions ?? { code: '', requestId: '' },
  );

  expect(extensions.map(({ code }) => code)).toEqual(['BAD_USER_INPUT', 'BAD_USER_INPUT', 'BAD_USER_INPUT']);
  expect(new Set(extensions.map(({ requestId }) => requestId)).size).toBe(3);
  await closeAll(subscribers);
});

test('a subscription that is completed gets nothing more, and the others go on', async () => {
  const [leaver, stayer] = await openAll(2);
  leaver?.socket.send(JSON.stringify({ id: leaver.id, type: 'complete' }));
  const ping = JSON.stringify({ type: 'ping' });
  leaver?.socket.send(ping);
  await until(() => expect(leaver?.messages.at(-1)?.type).toBe('pong'));

  const number = await commit();
  await until(() => expect(stayer?.numbers).toEqual([number]));

  expect(leaver?.numbers).toEqual([]);
  await closeAll([leaver, stayer].filter((one) => one !== undefined));
});
