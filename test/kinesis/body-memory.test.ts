import { describe, expect, test } from 'vitest';
import { BodyMemory } from '../../src/kinesis/body-memory.js';
import { createKinesisClient } from '../../src/kinesis/client.js';
import { fixedKeys } from '../../src/kinesis/keys.js';
import { type Reply, sendError, sendStored, startWireServer } from './wire-server.js';

const LARGE = 1_048_576;
const keys = fixedKeys({ accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x'.repeat(40) });
const silent: Reply = () => undefined;

/** So many records that their body is kept; all of one letter. */
function recordsOf(letter: string) {
  return Array.from({ length: 200 }, () => ({ data: Buffer.alloc(600, letter), partitionKey: 'k' }));
}

/** The letters that reached the server, one string a request. */
function lettersOf(requests: readonly { body: string }[]): string[] {
  return requests.map(({ body }) => {
    const { Records: records }: { Records: { Data: string }[] } = JSON.parse(body);
    return [...new Set(records.flatMap(({ Data }) => [...Buffer.from(Data, 'base64').toString()]))].join('');
  });
}

describe('memory', () => {
  test('is used again once it was given back', () => {
    const memory = new BodyMemory();
    const first = memory.take(LARGE);
    const beside = memory.take(LARGE);
    memory.giveBack(first);

    expect(beside.buffer).not.toBe(first.buffer);
    expect(memory.take(LARGE).buffer).toBe(first.buffer);
    expect(memory.take(LARGE).buffer).not.toBe(first.buffer);
  });

  test('of another size is not kept', () => {
    const memory = new BodyMemory();
    const sizes = [10, 3 * LARGE];
    const taken = sizes.map((bytes) => memory.take(bytes));
    for (const buffer of taken) memory.giveBack(buffer);

    expect(taken.map((buffer) => buffer.length)).toEqual(sizes);
    expect(sizes.map((bytes) => memory.take(bytes).buffer)).not.toContain(taken[1]?.buffer);
  });
});

describe('a request', () => {
  test.each([
    ['unanswered', silent],
    ['refused', sendError('InternalFailure', 'no', 500)],
  ])('that is %s keeps its memory', async (_name, reply) => {
    const memory = new BodyMemory();
    const taken: unknown[] = [];
    const take = memory.take.bind(memory);
    memory.take = (bytes) => {
      const buffer = take(bytes);
      taken.push(buffer.buffer);
      return buffer;
    };
    await using server = await startWireServer(reply, sendStored());
    using client = createKinesisClient({ region: 'us-east-1', keys, endpoint: server.endpoint, memory });

    await client.putRecords({ stream: 'orders', records: recordsOf('a'), signal: AbortSignal.timeout(300) });
    for (const letter of ['b', 'c'])
      await client.putRecords({ stream: 'orders', records: recordsOf(letter), signal: AbortSignal.timeout(5_000) });

    expect(lettersOf(server.requests)).toEqual(['a', 'b', 'c']);
    expect(taken[1]).not.toBe(taken[0]);
    expect(taken[2]).toBe(taken[1]);
  });
});
