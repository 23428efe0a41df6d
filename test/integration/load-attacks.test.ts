/** Clients that mean harm, over real sockets to a server in a process of its own: it lives, and others are served. */

import { randomBytes } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { Frontend } from '../support/frontend.js';
import type { ServerProcess } from '../support/processes.js';
import { fill, frontendOf, type Stage, setStage } from '../support/stage.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const MIB = 1_048_576;
const PROFILES = 2_000;
/** Longest that somebody else may wait for an answer while an attack goes on, on a machine on which other tests run. */
const LONGEST_ANSWER_MS = 5_000;
const ATTACK_MS = 3_000;

const database = useTestDatabase();
let stage: Stage;
let server: ServerProcess;
let setUp: { destinationId: string; activationId: string };
let bystander: Frontend;

beforeAll(async () => {
  const environment = { DATABASE_URL: database.connection, ENCRYPTION_KEY: randomBytes(32).toString('base64') };
  stage = await setStage({ environment });
  server = await stage.startServer();
  setUp = await fill(frontendOf(server), PROFILES);
  bystander = new Frontend(server.url, await createKey());
});
afterAll(() => stage?.[Symbol.asyncDispose]());

async function createKey(): Promise<string> {
  const input = { type: 'CreateApiKeyInput', value: { name: 'bystander', role: 'OPERATOR' } };
  const { key } = await frontendOf(server).mutate('createApiKey', input, '{ key }');
  return z.string().parse(key);
}

/** A socket of the attacker. */
interface Attacker {
  readonly socket: WebSocket;
  /** Messages by their type. */
  readonly counts: Record<string, number>;
  readonly codes: Record<string, number>;
  closed: { code: number; reason: string } | null;
}

const Message = z.object({
  type: z.string(),
  payload: z.array(z.object({ extensions: z.object({ code: z.string() }) })).catch([]),
});

async function attack(): Promise<Attacker> {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  const attacker: Attacker = { socket, counts: {}, codes: {}, closed: null };
  socket.on('message', (text) => {
    const { type, payload } = Message.parse(JSON.parse(String(text)));
    attacker.counts[type] = (attacker.counts[type] ?? 0) + 1;
    for (const { extensions } of payload) attacker.codes[extensions.code] = (attacker.codes[extensions.code] ?? 0) + 1;
  });
  socket.on('close', (code, reason) => {
    attacker.closed = { code, reason: String(reason) };
  });
  // What it sends on to a socket that was closed breaks, as it should.
  socket.on('error', () => undefined);
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${server.apiKey}` } }));
  await until(() => attacker.counts['connection_ack'] === 1, { timeoutMs: 60_000 });
  return attacker;
}

const subscribe = (id: string, query: string) => JSON.stringify({ id, type: 'subscribe', payload: { query } });
const followEvents = () => `subscription { deliveryEvents(destinationId: "${setUp.destinationId}") {
  __typename ... on DeliveryEvent { cursor } } }`;

/** What the bystander went through while the attack was going on. */
async function watchMeanwhile<T>(work: () => Promise<T>) {
  const before = await bystander.readMetric('process_resident_memory_bytes');
  let isOver = false;
  const latencies: number[] = [];
  let mostBytes = before;
  const watching = (async () => {
    while (!isOver) {
      const askedAt = performance.now();
      await bystander.run('{ destinations(first: 5) { nodes { id name } } }');
      latencies.push(performance.now() - askedAt);
      mostBytes = Math.max(mostBytes, await bystander.readMetric('process_resident_memory_bytes'));
    }
  })();
  try {
    return { result: await work(), ...(await finish()) };
  } finally {
    isOver = true;
  }
  async function finish() {
    isOver = true;
    await watching;
    return { slowestMs: Math.max(...latencies), answers: latencies.length, grownMib: (mostBytes - before) / MIB };
  }
}

const SMALL_MESSAGES = [
  ['pings', () => '{"type":"ping"}'],
  ['ends of nothing', () => '{"id":"x","type":"complete"}'],
  ['answers to no ping', () => '{"type":"pong"}'],
] as const;

test.each(SMALL_MESSAGES)('10,000 %s a second end with their socket, and nobody else waits', async (_what, make) => {
  const closings: Attacker['closed'][] = [];

  const seen = await watchMeanwhile(async () => {
    const endAt = performance.now() + ATTACK_MS;
    while (performance.now() < endAt) closings.push(await flood(make));
  });

  const refused = { code: 4429, reason: 'Too many messages: a socket sends at most 1000 a second.' };
  expect(closings).toEqual(closings.map(() => refused));
  expect(seen.slowestMs).toBeLessThan(LONGEST_ANSWER_MS);
});

/** Sends 10,000 messages a second until the socket is closed, or for the length of the attack. */
async function flood(make: (number: number) => string): Promise<Attacker['closed']> {
  const attacker = await attack();
  const startedAt = performance.now();
  for (let sent = 0; sent < ATTACK_MS * 10 && !attacker.closed; sent += 100) {
    for (let number = sent; number < sent + 100; number += 1) attacker.socket.send(make(number));
    await until(() => performance.now() > startedAt + sent / 10, { intervalMs: 1 });
  }
  await until(() => attacker.closed !== null);
  return attacker.closed;
}

test('pings whose echo nobody reads do not pile up', async () => {
  const attackers = await Promise.all([1, 2].map(attack));
  const ping = JSON.stringify({ type: 'ping', payload: { text: 'x'.repeat(900_000) } });

  const seen = await watchMeanwhile(async () => {
    for (const { socket } of attackers) {
      socket.pause();
      for (let number = 0; number < 80; number += 1) {
        socket.send(ping);
        await setImmediate();
      }
    }
    const endAt = performance.now() + ATTACK_MS;
    await until(() => performance.now() > endAt);
  });
  for (const { socket } of attackers) socket.terminate();

  expect(seen.grownMib).toBeLessThan(100);
  expect(seen.slowestMs).toBeLessThan(LONGEST_ANSWER_MS);
}, 60_000);

test('of 2,000 subscriptions tried on one socket the first 100 run, and the others are told why not', async () => {
  const attacker = await attack();

  const seen = await watchMeanwhile(async () => {
    for (let number = 0; number < 2_000; number += 1) {
      attacker.socket.send(subscribe(String(number), followEvents()));
      if (number % 500 === 499)
        await until(() => expect(sumOf(attacker)).toBeGreaterThan(number), { timeoutMs: 60_000 });
    }
  });

  expect(attacker.counts).toMatchObject({ next: 100, error: 1_900 });
  expect(attacker.codes).toEqual({ TOO_MANY_SUBSCRIPTIONS: 1_900 });
  expect(seen.slowestMs).toBeLessThan(LONGEST_ANSWER_MS);
  attacker.socket.terminate();
}, 300_000);

const sumOf = ({ counts }: Attacker) => (counts['next'] ?? 0) + (counts['error'] ?? 0);

test('1,000 sockets whose readers are paused cost bounded memory, and others follow an export to its end', async () => {
  const attackers: Attacker[] = [];
  while (attackers.length < 1_000) attackers.push(...(await Promise.all(Array.from({ length: 100 }, attack))));
  for (const { socket } of attackers) socket.send(subscribe('1', followEvents()));
  await until(() => expect(attackers.every(({ counts }) => counts['next'])).toBe(true), { timeoutMs: 60_000 });
  for (const { socket } of attackers) socket.pause();

  const seen = await watchMeanwhile(async () => {
    const { id } = await bystander.triggerExport(setUp.activationId);
    return await bystander.untilFinished(id);
  });
  for (const { socket } of attackers) socket.terminate();

  expect(seen.result).toMatchObject({ state: 'SUCCEEDED', delivered: PROFILES });
  expect(seen.grownMib).toBeLessThan(300);
  expect(seen.slowestMs).toBeLessThan(LONGEST_ANSWER_MS);
}, 300_000);
