import { type KinesisClient, ListShardsCommand, PutRecordCommand, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseFaultRules } from '../../src/sandbox/fault-rules.js';
import type { FaultRule } from '../../src/sandbox/faults.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { until } from '../support/until.js';
import { createClient, makeRecords } from './sandbox-client.js';

let sandbox: Sandbox;
let client: KinesisClient;

beforeEach(async () => {
  sandbox = await startSandbox({ limits: 'off' });
  client = createClient(sandbox.endpoint);
  sandbox.createStream('orders', 2);
});

afterEach(async () => {
  client.destroy();
  await sandbox[Symbol.asyncDispose]();
});

const put = (count = 10, signal?: AbortSignal) =>
  client.send(
    new PutRecordsCommand({ StreamName: 'orders', Records: makeRecords(count) }),
    signal ? { abortSignal: signal } : {},
  );

const appended = () => [...sandbox.listRecords('orders')].map(({ partitionKey }) => partitionKey);

describe('record errors', () => {
  test('refuse a share of the records, and only the others are appended', async () => {
    sandbox.setFaults([{ kind: 'record-error', code: 'InternalFailure', probability: 0.3 }]);

    const answer = await put(500);

    const refused = answer.Records?.filter(({ ErrorCode }) => ErrorCode !== undefined) ?? [];
    expect(refused.length).toBe(answer.FailedRecordCount);
    expect(refused.length).toBeGreaterThan(100);
    expect(refused.length).toBeLessThan(200);
    expect(refused[0]).toEqual({ ErrorCode: 'InternalFailure', ErrorMessage: 'Internal Service Failure' });
    expect(appended()).toHaveLength(500 - refused.length);
    expect(sandbox.stats.faultedRecords).toBe(refused.length);
  });

  test('strike the same records for the same seed, and others for another', async () => {
    const rules: FaultRule[] = [
      { kind: 'record-error', code: 'ProvisionedThroughputExceededException', probability: 0.5 },
    ];
    const refusedBy = async (seed: number) => {
      sandbox.setFaults(rules, seed);
      return (await put(100)).Records?.map(({ ErrorCode }) => ErrorCode !== undefined);
    };

    const first = await refusedBy(7);

    expect(await refusedBy(7)).toEqual(first);
    expect(await refusedBy(8)).not.toEqual(first);
  });

  test('can be bound to one partition key', async () => {
    sandbox.setFaults([{ kind: 'record-error', code: 'InternalFailure', match: { partitionKey: 'key-3' } }]);

    const answer = await put(5);

    expect(answer.Records?.map(({ ErrorCode }) => ErrorCode !== undefined)).toEqual([false, false, false, true, false]);
  });

  test('are the whole answer of PutRecord', async () => {
    sandbox.setFaults([{ kind: 'record-error', code: 'ProvisionedThroughputExceededException' }]);

    const answer = client.send(
      new PutRecordCommand({ StreamName: 'orders', PartitionKey: 'k', Data: Buffer.from('d') }),
    );

    await expect(answer).rejects.toMatchObject({ name: 'ProvisionedThroughputExceededException' });
  });
});

describe('whole-request errors', () => {
  test.each([
    ['InternalFailure', 500],
    ['ServiceUnavailable', 503],
    ['AccessDeniedException', 400],
    ['ExpiredTokenException', 400],
    ['LimitExceededException', 400],
    ['KMSThrottlingException', 400],
    ['KMSDisabledException', 400],
  ])('%s with status %i reaches the client by name, with a request id', async (code, status) => {
    sandbox.setFaults([{ kind: 'request-error', code, status, message: 'scripted' }]);

    await expect(put()).rejects.toMatchObject({
      name: code,
      message: 'scripted',
      $metadata: { httpStatusCode: status, requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    });
    expect(appended()).toEqual([]);
  });
});

describe('answers that tell nothing', () => {
  test('no answer leaves the client waiting until it gives up', async () => {
    sandbox.setFaults([{ kind: 'no-answer' }]);
    const patience = new AbortController();

    const answer = put(1, patience.signal);
    const failure = expect(answer).rejects.toMatchObject({ name: 'AbortError' });
    await until(() => sandbox.faultCounts()[0]?.strikes === 1);
    patience.abort();

    await failure;
    expect(appended()).toEqual([]);
  });

  test('a lost answer cuts the connection after the records were appended', async () => {
    sandbox.setFaults([{ kind: 'lost-answer' }]);

    await expect(put(3)).rejects.toMatchObject({ code: 'ECONNRESET' });

    expect(appended()).toHaveLength(3);
  });

  test('an empty answer looks like a success, with the records appended or not', async () => {
    sandbox.setFaults([
      { kind: 'empty-answer', match: { requests: { to: 1 } } },
      { kind: 'empty-answer', append: false, match: { requests: { from: 2 } } },
    ]);

    expect((await put(3)).Records).toBeUndefined();
    expect(appended()).toHaveLength(3);
    expect((await put(3)).Records).toBeUndefined();
    expect(appended()).toHaveLength(3);
  });

  test('a short result leaves entries out, while all records are appended', async () => {
    sandbox.setFaults([{ kind: 'short-result', missing: 2 }]);

    const answer = await put(5);

    expect(answer.Records).toHaveLength(3);
    expect(appended()).toHaveLength(5);
  });

  test('half a body breaks off', async () => {
    sandbox.setFaults([{ kind: 'half-body' }]);

    await expect(put(3)).rejects.toMatchObject({ code: 'ECONNRESET', $metadata: { httpStatusCode: 200 } });

    expect(appended()).toHaveLength(3);
  });

  test('an HTML page comes with status 502', async () => {
    sandbox.setFaults([{ kind: 'html-body' }]);

    await expect(put(3)).rejects.toMatchObject({ $metadata: { httpStatusCode: 502 } });

    expect(appended()).toEqual([]);
  });

  test('a reset comes before anything is read', async () => {
    sandbox.setFaults([{ kind: 'reset', match: { operation: 'PutRecords' } }]);

    await expect(put(3)).rejects.toMatchObject({ code: expect.stringMatching(/ECONNRESET|EPIPE/) });

    expect(appended()).toEqual([]);
    await expect(client.send(new ListShardsCommand({ StreamName: 'orders' }))).resolves.toBeDefined();
  });

  test('a reset bound to a stream strikes that stream alone', async () => {
    sandbox.setFaults([{ kind: 'reset', match: { stream: 'other' } }]);

    await expect(put(1)).resolves.toBeDefined();
    sandbox.setFaults([{ kind: 'reset', match: { stream: 'orders' } }]);
    await expect(put(1)).rejects.toMatchObject({ code: expect.stringMatching(/ECONNRESET|EPIPE/) });
  });
});

describe('slow answers', () => {
  test('keep many waiting without a warning', async () => {
    const warnings: string[] = [];
    const note = ({ name }: Error) => warnings.push(name);
    process.on('warning', note);
    sandbox.setFaults([{ kind: 'slow-answer', delayMs: 200 }]);

    await Promise.all(Array.from({ length: 15 }, () => put(1)));
    process.off('warning', note);

    expect(appended()).toHaveLength(15);
    expect(warnings).not.toContain('MaxListenersExceededWarning');
  });

  test('come after their delay, with the records appended before it', async () => {
    sandbox.setFaults([{ kind: 'slow-answer', delayMs: 300 }]);
    const startedAt = performance.now();
    let isAnswered = false;
    const settled = put(1).then(() => {
      isAnswered = true;
    });

    await until(() => sandbox.faultCounts()[0]?.strikes === 1);
    expect(appended()).toHaveLength(1);
    expect(isAnswered).toBe(false);
    await settled;

    expect(performance.now() - startedAt).toBeGreaterThan(290);
  });

  test('that append late do so although the client has hung up', async () => {
    sandbox.setFaults([{ kind: 'slow-answer', delayMs: 400, appendLate: true }]);
    const patience = new AbortController();

    const answer = put(1, patience.signal);
    const failure = expect(answer).rejects.toMatchObject({ name: 'AbortError' });
    await until(() => sandbox.faultCounts()[0]?.strikes === 1);
    patience.abort();
    await failure;
    expect(appended()).toEqual([]);

    await until(() => appended().length === 1);
  });

  test('a slow body drips and is whole in the end', async () => {
    sandbox.setFaults([{ kind: 'slow-body', intervalMs: 1 }]);

    const answer = await put(1);

    expect(answer.Records?.[0]?.SequenceNumber).toMatch(/^\d{56}$/);
  });
});

describe('rules', () => {
  test('count only the requests that they match', async () => {
    sandbox.setFaults([
      {
        kind: 'request-error',
        code: 'InternalFailure',
        status: 500,
        match: { operation: 'PutRecords', requests: { from: 2, to: 3 } },
      },
    ]);

    await client.send(new ListShardsCommand({ StreamName: 'orders' }));
    const outcomes = [];
    for (let call = 0; call < 4; call += 1) {
      outcomes.push(
        await put(1).then(
          () => 'delivered',
          (error: Error) => error.name,
        ),
      );
    }

    expect(outcomes).toEqual(['delivered', 'InternalFailure', 'InternalFailure', 'delivered']);
    expect(sandbox.faultCounts()[0]?.strikes).toBe(2);
  });

  test('strike a share of the requests, by seed', async () => {
    sandbox.setFaults([{ kind: 'request-error', code: 'InternalFailure', status: 500, match: { probability: 0.5 } }]);

    for (let call = 0; call < 40; call += 1) {
      await put(1).catch(() => undefined);
    }

    const strikes = sandbox.faultCounts()[0]?.strikes ?? 0;
    expect(strikes).toBeGreaterThan(8);
    expect(strikes).toBeLessThan(32);
    expect(appended()).toHaveLength(40 - strikes);
  });

  test('act together: record errors in a late, short answer', async () => {
    sandbox.setFaults([
      { kind: 'record-error', code: 'InternalFailure', match: { partitionKey: 'key-0' } },
      { kind: 'slow-answer', delayMs: 1 },
      { kind: 'short-result' },
    ]);

    const answer = await put(3);

    expect(answer.Records?.map(({ ErrorCode }) => ErrorCode)).toEqual(['InternalFailure', undefined]);
    expect(appended()).toEqual(['key-1', 'key-2']);
  });

  test('bound to an access key leave other keys alone', async () => {
    sandbox.setFaults([
      { kind: 'request-error', code: 'ExpiredTokenException', status: 400, match: { accessKeyId: 'AKIAOLD' } },
    ]);
    const old = createClient(sandbox.endpoint, { accessKeyId: 'AKIAOLD' });

    await expect(put(1)).resolves.toBeDefined();
    await expect(old.send(new ListShardsCommand({ StreamName: 'orders' }))).rejects.toMatchObject({
      name: 'ExpiredTokenException',
    });
    old.destroy();
  });

  test('that are mistyped are refused, naming rule and field', async () => {
    await expect(startSandbox({ faults: [{ kind: 'slow-answer', delayMs: -1 }] })).rejects.toThrow(
      'rule 0 needs the number delayMs, 0 to 86400000.',
    );
    const misspelt = [{ kind: 'reset' }, { kind: 'no-answer', match: { operations: 'PutRecords' } }];
    expect(() => parseFaultRules(misspelt)).toThrow('rule 1, match, has unknown fields: operations.');
  });
});

test('disposing ends silent and slow answers at once', async () => {
  const other = await startSandbox({ faults: [{ kind: 'slow-answer', delayMs: 60_000 }] });
  other.createStream('orders', 1);
  const slow = createClient(other.endpoint);
  const answer = slow.send(new PutRecordsCommand({ StreamName: 'orders', Records: makeRecords(1) }));
  const failure = expect(answer).rejects.toMatchObject({ code: 'ECONNRESET' });
  await until(() => other.faultCounts()[0]?.strikes === 1);

  await other[Symbol.asyncDispose]();

  await failure;
  slow.destroy();
});
