/** Pace: each shard gets what it takes, one that takes no more holds up no other, and nothing is lost by waiting. */

import { describe, expect, test } from 'vitest';
import { createProducer } from '../../src/kinesis/producer.js';
import type { KinesisRecord, RecordResult } from '../../src/kinesis/record.js';
import { ShardBucket } from '../../src/kinesis/shard-bucket.js';
import { ShardPacer } from '../../src/kinesis/shard-pacer.js';
import { type OpenShard, shardOf } from '../../src/kinesis/shards.js';
import { createThroughput } from '../../src/sandbox/throughput.js';
import { makeClock, type Step, scriptKinesis } from './scripted-kinesis.js';

const never = new AbortController().signal;
const LIMITS = { recordsPerSecond: 100, bytesPerSecond: 10_000 };

describe('a bucket', () => {
  test('lets a fifth of a second go at once, the rest at the rate', () => {
    const bucket = new ShardBucket(LIMITS);
    const turns = Array.from({ length: 60 }, () => bucket.admit(1, 0, 10_000));

    expect(turns.filter((turn) => 'goAtMs' in turn && turn.goAtMs === 0)).toHaveLength(20);
    expect(turns.at(-1)).toEqual({ goAtMs: expect.closeTo(39.4 * (10 / 0.98), 0) });
  });

  test('counts bytes as well as records', () => {
    const bucket = new ShardBucket(LIMITS);
    bucket.admit(9_800, 0, 0);

    expect(bucket.admit(1, 0, 10_000)).toEqual({ goAtMs: expect.closeTo(800, 0) });
  });

  test('puts back what would wait too long, for times that follow each other at the rate', () => {
    const bucket = new ShardBucket(LIMITS);
    for (let sent = 0; sent < 30; sent += 1) bucket.admit(1, 0, 100);
    const waits = [1, 2, 3]
      .map(() => bucket.admit(1, 0, 100))
      .map((turn) => 'retryAfterMs' in turn && turn.retryAfterMs);

    expect(waits).toEqual([expect.any(Number), expect.any(Number), expect.any(Number)]);
    expect(Number(waits[2]) - Number(waits[1])).toBeGreaterThanOrEqual(9);
    expect(Number(waits[0])).toBeGreaterThanOrEqual(100);
  });

  test('is slower after refusals, once for all that come together, and recovers', () => {
    const bucket = new ShardBucket(LIMITS);
    const rateAt = (nowMs: number) => {
      for (let sent = 0; sent < 200; sent += 1) bucket.admit(1, nowMs, 60_000);
      const turns = [bucket.admit(1, nowMs, 60_000), bucket.admit(1, nowMs, 60_000)];
      const [first = 0, second = 0] = turns.map((turn) => ('goAtMs' in turn ? turn.goAtMs : Number.NaN));
      return 1_000 / (second - first);
    };

    expect(rateAt(0)).toBeCloseTo(98, 0);
    bucket.noteThrottle(1_000);
    bucket.noteThrottle(1_001);
    expect(rateAt(1_000)).toBeCloseTo(98 * 0.85, 0);
    expect(rateAt(10_000)).toBeCloseTo(98, 0);
  });
});

describe('a producer with a pacer', () => {
  test('uses 90 % of a busy stream or more, and is refused 5 % or less', async () => {
    const stream = simulate(4, { known: true });
    const records = makeRecords(8_000);

    const { results } = await stream.sendAll(records);

    expect(results.filter((result) => result.status === 'delivered')).toHaveLength(8_000);
    // Its bucket began full, with 100 records; all others have less to do.
    expect(stream.clock.nowMs()).toBeLessThan(((stream.busiest(records) - 100) / 100 / 0.9) * 1_000);
    expect(stream.refused()).toBeLessThan(0.05 * 8_000);
  });

  test('without permission to list shards it learns them from the answers', async () => {
    const stream = simulate(4, { known: false });

    const { results } = await stream.sendAll(makeRecords(4_000));

    expect(results.filter((result) => result.status === 'delivered')).toHaveLength(4_000);
    expect(stream.refused()).toBeLessThan(0.1 * 4_000);
  });

  test('sends the records of other shards at once, and puts back those of a hot one', async () => {
    const stream = simulate(4, { known: true });
    const [hotShard] = stream.shards;
    const all = makeRecords(2_000);
    const hot = all.filter((record) => shardOf(record.partitionKey, stream.shards) === hotShard).slice(0, 300);
    const cold = all.filter((record) => shardOf(record.partitionKey, stream.shards) !== hotShard).slice(0, 50);
    const mixed = [...hot, ...cold];

    const results = await stream.producer.produce(mixed, never, { patienceMs: 100 });

    expect(stream.requests[0]?.records.length).toBeGreaterThanOrEqual(cold.length);
    expect(results.slice(hot.length).every((result) => result.status === 'delivered')).toBe(true);
    const held = results.filter((result) => result.status === 'deferred');
    expect(held.length).toBeGreaterThan(250);
    expect(held[0]).toMatchObject({ cause: 'THROTTLED', attempts: 0, outcomeUnknown: false });
    expect(stream.refused()).toBe(0);
  });

  test('outlasts an hour in which the stream takes nothing, and then sends all at its pace', async () => {
    const stream = simulate(2, { known: true, opensAtMs: 3_600_000 });
    const records = makeRecords(300);

    const { results } = await stream.sendAll(records);

    expect(stream.clock.nowMs()).toBeGreaterThan(3_600_000);
    expect(stream.clock.nowMs()).toBeLessThan(3_600_000 + 60_000);
    expect(results.filter((result) => result.status === 'delivered')).toHaveLength(300);
    // At the rate of its shards it would have refused 720,000.
    expect(stream.refused()).toBeLessThan(80_000);
  });

  test('outlasts an hour in which whole requests are refused, and then sends all', async () => {
    const stream = simulate(2, { known: true, opensAtMs: 3_600_000, refusesWhole: true });

    const { results } = await stream.sendAll(makeRecords(300));

    expect(stream.clock.nowMs()).toBeGreaterThan(3_600_000);
    expect(stream.clock.nowMs()).toBeLessThan(3_600_000 + 60_000);
    expect(results.filter((result) => result.status === 'delivered')).toHaveLength(300);
    // Once in a few seconds for each of two pages, not as often as it can.
    expect(stream.requests.length).toBeLessThan(10_000);
  });

  test('keeps nothing back on a stream that spreads records as it likes', async () => {
    const stream = simulate(2, { known: true });
    stream.pacer.keysDecide = false;

    const results = await stream.producer.produce(makeRecords(200), never, { patienceMs: 0 });

    expect(results.every((result) => result.status === 'delivered')).toBe(true);
  });

  test('notices that shards are others than those listed', async () => {
    const stream = simulate(4, { known: true });
    stream.pacer.replaceShards([{ ...FULL, shardId: 'of-another-time' }]);
    expect(stream.pacer.isContradicted).toBe(false);

    await stream.producer.produce(makeRecords(10), never);

    expect(stream.pacer.isContradicted).toBe(true);
    stream.pacer.replaceShards(stream.shards);
    expect(stream.pacer.isContradicted).toBe(false);
  });
});

const TOO_MUCH = {
  kind: 'refused',
  code: 'LimitExceededException',
  httpStatus: 400,
  message: 'no',
  requestId: 'r',
} as const;

const FULL: OpenShard = { shardId: 'all', firstHashKey: '0'.repeat(32), lastHashKey: 'f'.repeat(32) };

/** A stream whose shards hold to their limits, on a clock that moves only when somebody waits. */
function simulate(
  count: number,
  { known, opensAtMs = 0, refusesWhole = false }: { known: boolean; opensAtMs?: number; refusesWhole?: boolean },
) {
  const clock = makeClock();
  const shards = splitEvenly(count);
  const buckets = new Map(shards.map(({ shardId }) => [shardId, createThroughput(LIMITS, 0)]));
  let refusals = 0;
  let number = 0;
  const answer: Step = ({ records }) => ({
    kind: 'results',
    requestId: 'r',
    results: records.map((record) => {
      const shardId = shardOf(record.partitionKey, shards)?.shardId ?? '';
      const sizeBytes = record.data.length + record.partitionKey.length;
      if (clock.nowMs() >= opensAtMs && buckets.get(shardId)?.take(sizeBytes, clock.nowMs())) {
        number += 1;
        return { kind: 'stored', shardId, sequenceNumber: String(number) };
      }
      refusals += 1;
      return { kind: 'rejected', code: 'ProvisionedThroughputExceededException', message: 'Rate exceeded' };
    }),
  });
  const step: Step = (request, store) =>
    refusesWhole && clock.nowMs() < opensAtMs ? TOO_MUCH : answer(request, store);
  const kinesis = scriptKinesis(Array.from({ length: 100_000 }, () => step));
  const pacer = new ShardPacer(LIMITS);
  if (known) pacer.replaceShards(shards);
  const producer = createProducer({
    putRecords: kinesis.putRecords,
    stream: 'orders',
    clock,
    pacer,
    random: () => 0.5,
  });
  return { clock, shards, pacer, producer, requests: kinesis.requests, refused: () => refusals, busiest, sendAll };

  /** Records of the shard that has most. */
  function busiest(records: readonly KinesisRecord[]): number {
    const counts = new Map<string, number>();
    for (const { partitionKey } of records) {
      const shardId = shardOf(partitionKey, shards)?.shardId ?? '';
      counts.set(shardId, (counts.get(shardId) ?? 0) + 1);
    }
    return Math.max(...counts.values());
  }

  /** Pages of 200, and again what was put back, when it is due. */
  async function sendAll(records: readonly KinesisRecord[]): Promise<{ results: RecordResult[] }> {
    const results: RecordResult[] = [];
    let waiting = records.map((record) => ({ record, dueMs: 0 }));
    while (waiting.length > 0) {
      const nowMs = clock.nowMs();
      const page = waiting.filter(({ dueMs }) => dueMs <= nowMs).slice(0, 200);
      if (page.length === 0) await clock.sleep(10, never);
      waiting = waiting.filter((one) => !page.includes(one));
      const answers = await producer.produce(
        page.map(({ record }) => record),
        never,
      );
      answers.forEach((result, index) => {
        const record = page[index]?.record;
        if (result.status !== 'deferred' || !record) results.push(result);
        else waiting.push({ record, dueMs: clock.nowMs() + result.retryAfterMs });
      });
    }
    return { results };
  }
}

function splitEvenly(count: number): OpenShard[] {
  const size = 2n ** 128n / BigInt(count);
  const toHex = (value: bigint) => value.toString(16).padStart(32, '0');
  return Array.from({ length: count }, (_, index) => ({
    shardId: `shard-${index}`,
    firstHashKey: toHex(size * BigInt(index)),
    lastHashKey: toHex(size * BigInt(index + 1) - 1n),
  }));
}

function makeRecords(count: number): KinesisRecord[] {
  return Array.from({ length: count }, (_, index) => ({ data: Buffer.from('{}'), partitionKey: `profile-${index}` }));
}
