/**
 * `subscribe`: 2,000 subscribers of one destination on one node, 20 events a second, against a bare `ws` broadcast of the
 * same bytes in a process of its own; the same client process on the same sockets for both, paired rounds in one run. A
 * delay runs from the answer to the commit of the event (for the broadcast: from the order to send it) to the message
 * at the subscriber. Events are written as the engine writes them, by this process, so that nothing but the way back is
 * measured.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { z } from 'zod';
import { toGlobalId } from '../src/domain/global-id.js';
import { DELIVERY_EVENT_CHANNEL } from '../src/storage/event-tail.js';
import { createNotifier } from '../src/storage/notifications.js';
import { commitEvent, createEventScene } from '../test/support/events.js';
import { type ApiProduct, startApiProduct } from './api-product.js';
import { median, monotonicMs, round2 } from './harness.js';
import { askMemory, MEMORY_ARGS, type Memory } from './memory.js';
import { readCpuSeconds } from './process-cpu.js';
import type { CrowdReport, Greeting } from './subscriber-crowd.js';
import { startTalker, type Talker } from './talk.js';

const EVENTS_PER_SECOND = 20;
const SECONDS = 10;
const WARM_UP_SUBSCRIBERS = 100;
/** What has not come so long after the last event is missing. */
const PATIENCE_MS = 5_000;

const QUERY = `subscription ($destinationId: ID!) {
  deliveryEvents(destinationId: $destinationId) {
    __typename
    ... on DeliveryEvent { cursor at }
    ... on DeliveriesCommitted {
      delivered failed skipped deferred attempts bytes origins codes { code count } activation { id } }
    ... on StreamPosition { caughtUp }
    ... on StreamEnded { code resumeAfter }
  }
}`;

const Address = z.object({ port: z.number() });
const MemoryAnswer = z.object({ rss: z.number(), live: z.number() });
const Report = z.object({
  p50Ms: z.number(),
  p99Ms: z.number(),
  missing: z.number(),
  repeated: z.number(),
  sample: z.string(),
});

/** Who sends events to subscribers. */
interface Sender {
  /** Of its process. */
  pid: number;
  url: string;
  greeting: Greeting | null;
  /** Sends an event. @returns when it was sent. */
  send(number: number): Promise<number>;
  readMemory(): Promise<Memory>;
}

/** What one sender did in one round. */
interface Run extends CrowdReport {
  /** Of the sender's process while events were sent. */
  cpuSeconds: number;
  /** Of the sender's process, for each subscriber. */
  memory: Memory;
}

/** Runs the benchmark and returns its figures. */
export async function benchSubscribe(options: {
  subscribers: number;
  rounds: number;
}): Promise<Record<string, unknown>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tributary-bench-'));
  try {
    const places = { SOCKETS_PER_KEY: '100000', SOCKETS_PER_NODE: '100000' };
    await using product = await startApiProduct(folder, {
      environment: { ROLE: 'api', ...places },
      nodeArgs: MEMORY_ARGS,
    });
    await using crowd = startTalker('subscribers-main.js');
    await using server = startTalker('ws-broadcast-main.js', MEMORY_ARGS);
    await using ours = await openOurs(product);
    const sample = await warmUp(ours, crowd);
    const raw = await openRaw(server, sample);
    await warmUp(raw, crowd);
    const runs: Record<'ours' | 'raw', Run[]> = { ours: [], raw: [] };
    for (let round = 0; round < options.rounds; round += 1) {
      const stage = { crowd, subscribers: options.subscribers, first: (round + 1) * EVENTS_PER_SECOND * SECONDS };
      for (const side of round % 2 === 0 ? (['ours', 'raw'] as const) : (['raw', 'ours'] as const))
        runs[side].push(await run(side === 'ours' ? ours : raw, stage));
    }
    return report(options, runs, sample);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function openOurs(product: ApiProduct): Promise<Sender & AsyncDisposable> {
  const { db, pid } = product;
  const scene = await createEventScene(db, product.workspaceId);
  const notifier = createNotifier({ db, log: pino({ level: 'warn' }) });
  return {
    pid,
    url: `${product.url.replace('http', 'ws')}/graphql`,
    greeting: {
      authorization: `Bearer ${product.apiKey}`,
      query: QUERY,
      variables: { destinationId: toGlobalId('KinesisDestination', scene.destinationId) },
    },
    async send(number) {
      await commitEvent(db, { ...scene, lane: number % 16 }, { delivered: number });
      const sentAt = monotonicMs();
      notifier.notify(DELIVERY_EVENT_CHANNEL, String(scene.destinationId));
      return sentAt;
    },
    readMemory: () => askMemory(product),
    [Symbol.asyncDispose]: () => notifier[Symbol.asyncDispose](),
  };
}

async function openRaw(server: Talker, sample: string): Promise<Sender> {
  const { port } = Address.parse(await server.ask({ kind: 'address' }));
  return {
    pid: server.pid,
    url: `ws://127.0.0.1:${port}`,
    greeting: null,
    async send(number) {
      const text = sample.replace(/("delivered":"?)\d+/, `$1${number}`);
      const sentAt = monotonicMs();
      server.tell({ kind: 'broadcast', text });
      return sentAt;
    },
    readMemory: async () => MemoryAnswer.parse(await server.ask({ kind: 'memory' })),
  };
}

/** Code is compiled and young generations have grown before memory is looked at. @returns a message. */
async function warmUp(sender: Sender, crowd: Talker): Promise<string> {
  return (await run(sender, { crowd, subscribers: WARM_UP_SUBSCRIBERS, first: 0 })).sample;
}

async function run(
  sender: Sender,
  { crowd, subscribers, first }: { crowd: Talker; subscribers: number; first: number },
): Promise<Run> {
  const before = await sender.readMemory();
  await crowd.ask({ kind: 'open', url: sender.url, count: subscribers, greeting: sender.greeting });
  const after = await sender.readMemory();
  const cpu = await readCpuSeconds(sender.pid);
  const sentAt = await sendAll(sender, first);
  await untilAllCame(crowd, sentAt.length * subscribers);
  const cpuSeconds = (await readCpuSeconds(sender.pid)) - cpu;
  const found = Report.parse(await crowd.ask({ kind: 'report', sentAt }));
  await crowd.ask({ kind: 'close' });
  const each = (name: keyof Memory) => (after[name] - before[name]) / subscribers;
  return { ...found, cpuSeconds, memory: { rss: each('rss'), live: each('live') } };
}

async function sendAll(sender: Sender, first: number): Promise<[number, number][]> {
  const sentAt: [number, number][] = [];
  const startedAt = performance.now();
  for (let index = 1; index <= EVENTS_PER_SECOND * SECONDS; index += 1) {
    await delay(Math.max(0, startedAt + (index * 1_000) / EVENTS_PER_SECOND - performance.now()));
    sentAt.push([first + index, await sender.send(first + index)]);
  }
  return sentAt;
}

async function untilAllCame(crowd: Talker, messages: number): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (performance.now() < deadline && (await crowd.ask({ kind: 'count' })) !== messages) await delay(50);
}

function report(
  options: { subscribers: number; rounds: number },
  { ours, raw }: Record<'ours' | 'raw', Run[]>,
  sample: string,
): Record<string, unknown> {
  const ratio = (name: 'p50Ms' | 'p99Ms') =>
    round2(median(ours.map((run, round) => run[name] / (raw[round]?.[name] ?? Number.NaN))));
  return {
    bench: 'subscribe',
    ...options,
    eventsPerSecond: EVENTS_PER_SECOND,
    seconds: SECONDS,
    messageBytes: Buffer.byteLength(sample),
    ratioP50: ratio('p50Ms'),
    ratioP99: ratio('p99Ms'),
    ours: describe(ours),
    raw: describe(raw),
  };
}

/** Medians of the rounds; memory is that of the first one, before which there had not been so many subscribers. */
function describe(runs: readonly Run[]): Record<string, number> {
  const [first] = runs;
  const kilobytes = (name: keyof Memory) => round2((first?.memory[name] ?? Number.NaN) / 1_000);
  return {
    p50Ms: round2(median(runs.map(({ p50Ms }) => p50Ms))),
    p99Ms: round2(median(runs.map(({ p99Ms }) => p99Ms))),
    cpuSeconds: round2(median(runs.map(({ cpuSeconds }) => cpuSeconds))),
    missing: Math.max(...runs.map(({ missing }) => missing)),
    repeated: Math.max(...runs.map(({ repeated }) => repeated)),
    residentKbASubscriber: kilobytes('rss'),
    liveKbASubscriber: kilobytes('live'),
  };
}
