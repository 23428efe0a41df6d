/** The latency that the statistics tell, against stopwatches outside: who sends the changes, and a consumer of the stream. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { startTestApp, type TestApp } from '../support/app.js';
import { Frontend } from '../support/frontend.js';
import { consumeAll } from '../support/stream-consumer.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const CHANGES = 40;
/** How long a destination is disabled at least, so that it stands out above {@link TOLERANCE_MS}. */
const HOLD_MS = 1_000;
/** Reading a page, and an acknowledgement that is later than the consumer's look, on a machine that does other work too. */
const TOLERANCE_MS = 150;
/** A percentile of the statistics is at most 5 % too high. */
const MAX_ERROR = 1.05;

const database = useTestDatabase();
let app: TestApp;
let frontend: Frontend;

beforeAll(async () => {
  app = await startTestApp({ connection: database.connection });
  frontend = new Frontend(app.url, app.apiKey);
});

afterAll(() => app[Symbol.asyncDispose]());

test.each([
  ['as they come', { stream: 'at-once', isHeld: false }],
  ['when their destination is enabled', { stream: 'held', isHeld: true }],
])('of changes delivered %s the API tells the latency that a consumer sees', async (_when, { stream, isHeld }) => {
  app.sandbox.createStream(stream, 2);
  await frontend.createSegments([stream]);
  const { destinationId } = await frontend.setUp({ stream, segmentIds: [stream], attributes: [] });
  const send = () => sendChanges(stream);

  const [sent, seen] = await Promise.all([isHeld ? whileDisabled(destinationId, send) : send(), watchStream(stream)]);

  const told = await until(() => readLatency(destinationId));
  const pairs = [...sent].map(([profileId, times]) => ({ ...times, ...(seen.get(profileId) ?? UNSEEN) }));
  const least = pairs.map(({ answeredAt, arrivedAt }) => arrivedAt - answeredAt);
  const most = pairs.map(({ requestedAt, seenAt }) => seenAt - requestedAt);
  for (const [percent, ms] of told) {
    expect(ms).toBeGreaterThan(Math.max(0, percentile(least, percent) - TOLERANCE_MS));
    expect(ms).toBeLessThan(percentile(most, percent) * MAX_ERROR + TOLERANCE_MS);
  }
});

/** Of a change, in epoch milliseconds. */
interface Sent {
  requestedAt: number;
  answeredAt: number;
}

/** Of a record, in epoch milliseconds: when the stream got it, and when a consumer first saw it. */
interface Seen {
  arrivedAt: number;
  seenAt: number;
}

const UNSEEN: Seen = { arrivedAt: Number.NaN, seenAt: Number.NaN };

/** Makes profiles members of a segment, one after the other. */
async function sendChanges(segmentId: string): Promise<Map<string, Sent>> {
  const sent = new Map<string, Sent>();
  for (let number = 0; number < CHANGES; number += 1) {
    const profileId = `${segmentId} ${number}`;
    const value = { profiles: [{ profileId, memberships: [{ segmentId, status: 'REALIZED' }] }] };
    const requestedAt = Date.now();
    await frontend.mutate('upsertProfiles', { type: 'UpsertProfilesInput', value }, '{ created }');
    sent.set(profileId, { requestedAt, answeredAt: Date.now() });
  }
  return sent;
}

async function whileDisabled<Value>(id: string, work: () => Promise<Value>): Promise<Value> {
  await frontend.mutate('disableDestination', { type: 'DisableDestinationInput', value: { id } }, '{ __typename }');
  const disabledAt = Date.now();
  const value = await work();
  await until(() => Date.now() - disabledAt >= HOLD_MS);
  await frontend.mutate('enableDestination', { type: 'EnableDestinationInput', value: { id } }, '{ __typename }');
  return value;
}

/** Consumes until every change is there. */
async function watchStream(stream: string): Promise<Map<string, Seen>> {
  const seen = new Map<string, Seen>();
  const look = async () => {
    const records = await consumeAll(app.sandbox.endpoint, stream);
    const seenAt = Date.now();
    for (const { partitionKey, arrivedAt } of records)
      if (!seen.has(partitionKey)) seen.set(partitionKey, { arrivedAt: arrivedAt.getTime(), seenAt });
    expect(seen.size).toBe(CHANGES);
  };
  await until(look, { timeoutMs: 30_000, intervalMs: 25 });
  return seen;
}

/** Percents with their latencies in ms, once all changes are on the books. */
async function readLatency(id: string): Promise<[percent: number, ms: number][]> {
  const query = `query($id: ID!) { destination(id: $id) {
    statistics(window: LAST_HOUR) { total { delivered latency { p50Ms p95Ms p99Ms } } } } }`;
  const { destination } = Answer.parse(await frontend.run(query, { id }));
  const { delivered, latency } = destination.statistics.total;
  expect(delivered).toBe(CHANGES);
  return [
    [50, latency.p50Ms],
    [95, latency.p95Ms],
    [99, latency.p99Ms],
  ];
}

/** What `percent` of 100 values are at or below. */
function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.ceil((values.length * percent) / 100) - 1] ?? Number.NaN;
}

const Latency = z.object({ p50Ms: z.number(), p95Ms: z.number(), p99Ms: z.number() });
const Total = z.object({ delivered: z.number(), latency: Latency });
const Answer = z.object({ destination: z.object({ statistics: z.object({ total: Total }) }) });
