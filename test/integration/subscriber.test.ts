/** A subscriber whose socket breaks again and again resumes with its last cursor: every delivery once, none left out. */

import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { Frontend } from '../support/frontend.js';
import { fill, frontendOf, setStage } from '../support/stage.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const EXPORTS = 20;
const PROFILES = 400;
/** A socket lives for at most so many events. */
const EVENTS_PER_SOCKET = 40;

const database = useTestDatabase();

test(`a subscriber that reconnects again and again while ${EXPORTS} exports deliver, also over a restart of the server, sees every delivery once`, async () => {
  const environment = { DATABASE_URL: database.connection, ENCRYPTION_KEY: randomBytes(32).toString('base64') };
  await using stage = await setStage({ environment });
  let server = await stage.startServer();
  const { destinationId, activationId } = await fill(frontendOf(server), PROFILES);
  const activationIds = [activationId, ...(await activateMore(frontendOf(server), destinationId))];
  using subscriber = new Subscriber(destinationId, await frontendOf(server).readEventCursor(destinationId));
  await stage.sandbox.setFaults([{ kind: 'slow-answer', delayMs: 60, match: { operation: 'PutRecords' } }]);

  const following = subscriber.follow(() => frontendOf(server));
  const exportIds: string[] = [];
  for (const id of activationIds) exportIds.push((await frontendOf(server).triggerExport(id)).id);
  await until(() => subscriber.seen.size > (EXPORTS * PROFILES) / 3, { timeoutMs: 60_000 });
  await server.kill('SIGTERM');
  server = await stage.startServer();
  for (const id of exportIds) await frontendOf(server).untilFinished(id);
  subscriber.finish();
  await following;
  const delivered = await listDeliveries(frontendOf(server), exportIds);

  expect(delivered.length).toBe(EXPORTS * PROFILES);
  expect(subscriber.repeated).toEqual([]);
  expect([...subscriber.seen].sort()).toEqual(delivered.sort());
  expect(subscriber.finished.sort()).toEqual(exportIds.sort());
  expect(subscriber.sockets).toBeGreaterThan(10);
}, 180_000);

/** Activations of the same segment: each profile goes to the stream once for each. */
async function activateMore(frontend: Frontend, destinationId: string): Promise<string[]> {
  const ids: string[] = [];
  while (ids.length < EXPORTS - 1)
    ids.push(await frontend.activate(destinationId, { segmentIds: ['everyone'], attributes: [] }));
  return ids;
}

async function listDeliveries(frontend: Frontend, exportIds: readonly string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const exportId of exportIds) for await (const { id } of frontend.listDeliveries(exportId)) ids.push(id);
  return ids;
}

const EVENTS = `subscription($destinationId: ID!, $after: String) {
  deliveryEvents(destinationId: $destinationId, after: $after) {
    __typename
    ... on DeliveryEvent { cursor }
    ... on DeliveriesCommitted { deliveries(first: 100) { nodes { id } pageInfo { hasNextPage } } }
    ... on ExportStateChanged { state export { id } }
    ... on StreamPosition { caughtUp }
    ... on StreamEnded { code }
  }
}`;

const Event = z.object({
  cursor: z.string().optional(),
  deliveries: z
    .object({ nodes: z.array(z.object({ id: z.string() })), pageInfo: z.object({ hasNextPage: z.literal(false) }) })
    .optional(),
  state: z.string().optional(),
  export: z.object({ id: z.string() }).optional(),
  caughtUp: z.boolean().default(false),
  code: z.enum(['SERVER_STOPPING']).optional(),
});

class Subscriber implements Disposable {
  readonly seen = new Set<string>();
  readonly repeated: string[] = [];
  /** Exports that were told to have succeeded, each as often as it was told. */
  readonly finished: string[] = [];
  sockets = 0;
  private isLastRound = false;
  private socket = new AbortController();
  private readonly over = new AbortController();

  constructor(
    readonly destinationId: string,
    private cursor: string,
  ) {}

  /** Subscribes, breaks the socket after a random number of events, and goes on from the last one. */
  async follow(connect: () => Frontend): Promise<void> {
    while (!this.over.signal.aborted) {
      await this.followOneSocket(connect());
      await until(() => isUp(connect()), { timeoutMs: 60_000, intervalMs: 50 });
    }
  }

  /** Nothing more is to come: once the next socket has caught up, it is over. What this one says may be older than that. */
  finish(): void {
    this.isLastRound = true;
    this.socket.abort();
  }

  [Symbol.dispose](): void {
    this.over.abort();
  }

  private async followOneSocket(frontend: Frontend): Promise<void> {
    const socket = new AbortController();
    this.socket = socket;
    const { isLastRound } = this;
    const variables = { destinationId: this.destinationId, after: this.cursor };
    let left = Math.ceil(Math.random() * EVENTS_PER_SOCKET);
    this.sockets += 1;
    try {
      const signal = AbortSignal.any([socket.signal, this.over.signal]);
      for await (const data of frontend.subscribe(EVENTS, variables, signal)) {
        const event = Event.parse(data['deliveryEvents']);
        this.take(event);
        if (event.caughtUp && isLastRound) this.over.abort();
        left -= 1;
        if (left <= 0) socket.abort();
        if (signal.aborted) return;
      }
    } catch (error) {
      // What the socket itself has to say is an event: the server is away. Anything else is the test's failure.
      if (error instanceof Error || Array.isArray(error)) throw error;
    }
  }

  private take(event: z.infer<typeof Event>): void {
    this.cursor = event.cursor ?? this.cursor;
    for (const { id } of event.deliveries?.nodes ?? []) {
      if (this.seen.has(id)) this.repeated.push(id);
      this.seen.add(id);
    }
    if (event.state === 'SUCCEEDED' && event.export) this.finished.push(event.export.id);
  }
}

/** Throws while nobody listens there. */
async function isUp(frontend: Frontend): Promise<boolean> {
  const answer = await fetch(`${frontend.url}/health/live`);
  return answer.ok;
}
