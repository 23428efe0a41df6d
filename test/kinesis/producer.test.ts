import { describe, expect, test } from 'vitest';
import { run, statuses } from './producer-run.js';
import {
  makeClock,
  makeRecords,
  refuseWhile,
  refuseWith,
  rejectAt,
  type Step,
  staySilent,
  storeAll,
} from './scripted-kinesis.js';

describe('what goes again', () => {
  test('only the failed records, in order, over shifting positions', async () => {
    const { results, sent } = await run({
      records: makeRecords(6),
      steps: [rejectAt([1, 3, 5]), rejectAt([0, 2]), rejectAt([1])],
      options: { maxAttempts: 4 },
    });

    expect(sent).toEqual([[0, 1, 2, 3, 4, 5], [1, 3, 5], [1, 5], [5]]);
    expect(results.map((result) => [result.status, result.attempts])).toEqual([
      ['delivered', 1],
      ['delivered', 3],
      ['delivered', 1],
      ['delivered', 2],
      ['delivered', 1],
      ['delivered', 4],
    ]);
  });

  test('a count of failures in the answer changes nothing: a record without sequence number is not delivered', async () => {
    const silentFirst: Step = ({ records }, store) => ({
      kind: 'results',
      requestId: null,
      results: records.map((record, index) => (index === 0 ? { kind: 'unreadable' } : store(record))),
    });
    const { results, sent } = await run({ steps: [silentFirst] });

    expect(sent).toEqual([[0, 1, 2], [0]]);
    expect(results[0]).toMatchObject({ status: 'delivered', attempts: 2, possibleDuplicate: true });
    expect(results[1]).toMatchObject({ status: 'delivered', attempts: 1, possibleDuplicate: false });
  });

  test('no record makes no request', async () => {
    expect(await run({ records: [] })).toMatchObject({ results: [], sent: [] });
  });

  test('501 records go as 500 and 1, and only their failed ones go again together', async () => {
    const { results, requests } = await run({ records: makeRecords(501), steps: [rejectAt([7]), rejectAt([0])] });

    expect(requests.map((request) => request.records.length)).toEqual([500, 1, 2]);
    expect(new Set(statuses(results))).toEqual(new Set(['delivered']));
  });
});

describe('throttles', () => {
  test('a record throttled to the end is deferred with a short wait, the rest is delivered', async () => {
    const { results, clock } = await run({ steps: [rejectAt([1]), rejectAt([0]), rejectAt([0])] });

    expect(statuses(results)).toEqual(['delivered', 'deferred', 'delivered']);
    expect(results[1]).toMatchObject({
      cause: 'THROTTLED',
      outcomeUnknown: false,
      attempts: 3,
      awsCode: 'ProvisionedThroughputExceededException',
      awsRequestId: 'r',
      retryAfterMs: 300,
    });
    expect(clock.sleptMs).toEqual([25, 50]);
  });

  test('a throttled key is told from a throttled shard', async () => {
    const { results } = await run({ steps: [refuseWith('KMSThrottlingException')], options: { maxAttempts: 1 } });

    expect(results[0]).toMatchObject({ status: 'deferred', cause: 'KMS_THROTTLED', outcomeUnknown: false });
  });
});

describe('whole-request faults', () => {
  test('end the round and are slept on before the next request', async () => {
    const { results, requests, clock } = await run({
      records: makeRecords(1_001),
      steps: [storeAll, refuseWith('ServiceUnavailable', 503)],
    });

    expect(requests.map((request) => request.records.length)).toEqual([500, 500, 500, 1]);
    expect(clock.sleptMs).toEqual([50]);
    expect(results[500]).toMatchObject({ status: 'delivered', attempts: 2, possibleDuplicate: false });
    expect(results[1_000]).toMatchObject({ status: 'delivered', attempts: 1 });
  });

  test('that last leave the unsent records deferred with the same cause and no attempt', async () => {
    const { results, requests } = await run({
      records: makeRecords(501),
      steps: [refuseWith('ServiceUnavailable', 503)],
      options: { maxAttempts: 1 },
    });

    expect(requests).toHaveLength(1);
    expect(results[500]).toMatchObject({
      status: 'deferred',
      cause: 'AWS_UNAVAILABLE',
      attempts: 0,
      outcomeUnknown: false,
    });
  });

  test('a failed request of status 500 may have stored its records', async () => {
    const { results } = await run({ steps: [refuseWith('InternalFailure', 500)] });

    expect(results[0]).toMatchObject({ status: 'delivered', attempts: 2, possibleDuplicate: true });
  });

  test('no connection leaves nothing unknown', async () => {
    const refused: Step = () => ({ kind: 'unsent', reason: 'ECONNREFUSED' });
    const { results } = await run({ steps: [refused, refused, refused] });

    expect(results[0]).toMatchObject({ cause: 'AWS_UNAVAILABLE', outcomeUnknown: false, attempts: 3 });
    expect(results[0]).toHaveProperty('detail', 'ECONNREFUSED');
  });
});

describe('unknown outcomes', () => {
  const short: Step = ({ records }, store) => ({
    kind: 'results',
    results: records.slice(1).map(store),
    requestId: 'r',
  });
  const long: Step = ({ records }, store) => ({
    kind: 'results',
    results: [...records, ...records].map(store),
    requestId: 'r',
  });
  const unreadable: Step = () => ({ kind: 'unreadable', reason: 'ECONNRESET', requestId: null });
  const rejects: Step = () => Promise.reject(new Error('broken'));

  test.each([
    ['one result too few', short],
    ['results too many', long],
    ['no readable answer', unreadable],
    ['a rejected call', rejects],
  ])('%s: all records go again and count as possible duplicates', async (_, step) => {
    const { results, sent } = await run({ steps: [step] });

    expect(sent).toEqual([
      [0, 1, 2],
      [0, 1, 2],
    ]);
    for (const result of results) expect(result).toMatchObject({ status: 'delivered', possibleDuplicate: true });
  });

  test('are remembered when a later attempt is merely throttled', async () => {
    const { results } = await run({ steps: [unreadable, rejectAt([0]), rejectAt([0])] });

    expect(results[0]).toMatchObject({ status: 'deferred', cause: 'THROTTLED', outcomeUnknown: true });
  });

  test('a silent server ends each attempt at its own deadline', async () => {
    const { results, requests } = await run({
      steps: [staySilent, staySilent, staySilent],
      options: { attemptTimeoutMs: 5 },
    });

    expect(requests).toHaveLength(3);
    expect(results[0]).toMatchObject({ cause: 'OUTCOME_UNKNOWN', outcomeUnknown: true, attempts: 3 });
  });
});

describe('the limits of a call', () => {
  test('the deadline ends it between requests, and what was never sent says so', async () => {
    const clock = makeClock();
    const slow: Step = (request, store) => {
      clock.advance(9_900);
      return storeAll(request, store);
    };
    const { results, requests } = await run({ records: makeRecords(501), steps: [slow], options: { clock } });

    expect(requests).toHaveLength(1);
    expect(results[500]).toMatchObject({ cause: 'ABORTED', attempts: 0, outcomeUnknown: false, retryAfterMs: 0 });
  });

  test('no wait goes past the deadline', async () => {
    const { results, requests, clock } = await run({
      steps: [refuseWith('ServiceUnavailable', 503)],
      options: { deadlineMs: 40 },
    });

    expect(requests).toHaveLength(1);
    expect(clock.sleptMs).toEqual([]);
    expect(results[0]).toMatchObject({ cause: 'AWS_UNAVAILABLE', attempts: 1 });
  });

  test('the guard is asked right before every request and ends the call', async () => {
    const answers = [true, false];
    const { results, sent } = await run({
      steps: [rejectAt([0])],
      options: { mayAttempt: () => answers.shift() ?? false },
    });

    expect(sent).toEqual([[0, 1, 2]]);
    expect(results[0]).toMatchObject({ status: 'deferred', cause: 'THROTTLED', attempts: 1 });
    expect(answers).toEqual([]);
  });

  test('a guard that says no at once leaves all records unsent', async () => {
    const { results, sent } = await run({ options: { mayAttempt: () => false } });

    expect(sent).toEqual([]);
    expect(results[0]).toMatchObject({ cause: 'ABORTED', attempts: 0, outcomeUnknown: false });
  });

  test('a signal that is already aborted sends nothing', async () => {
    const { results, sent } = await run({ signal: AbortSignal.abort() });

    expect(sent).toEqual([]);
    expect(results[0]).toMatchObject({ cause: 'ABORTED' });
  });

  test('a signal that aborts in flight reaches the request, whose records are unknown', async () => {
    const stop = new AbortController();
    const abort: Step = (request, store) => {
      queueMicrotask(() => stop.abort());
      return staySilent(request, store);
    };
    const { results, requests } = await run({
      records: makeRecords(501),
      steps: [abort],
      signal: stop.signal,
      options: { deadlineMs: 600_000, attemptTimeoutMs: 600_000 },
    });

    expect(requests[0]?.signal.aborted).toBe(true);
    expect(results[0]).toMatchObject({ cause: 'OUTCOME_UNKNOWN', outcomeUnknown: true, attempts: 1 });
    expect(results[500]).toMatchObject({ attempts: 0, outcomeUnknown: false });
  });
});

describe('halts', () => {
  test('end the call: what is owed is deferred with the cause, what was delivered stays so', async () => {
    const { results, requests } = await run({
      records: makeRecords(1_001),
      steps: [rejectAt([3]), refuseWith('AccessDeniedException', 400, 'User: arn:x is not authorized')],
    });

    expect(requests).toHaveLength(2);
    expect(results[0]).toMatchObject({ status: 'delivered' });
    for (const index of [3, 500, 1_000]) {
      expect(results[index]).toMatchObject({
        status: 'deferred',
        cause: 'ACCESS_DENIED',
        awsRequestId: 'r-1',
        retryAfterMs: 30_000,
      });
    }
    expect(results[1_000]).toMatchObject({ attempts: 0 });
  });

  test('a halting code of a single record halts as well', async () => {
    const { results, requests } = await run({ steps: [rejectAt([1], 'KMSDisabledException')] });

    expect(requests).toHaveLength(1);
    expect(results[1]).toMatchObject({ cause: 'KMS_KEY_DISABLED' });
  });

  test('a wrong date is tried once more, since the client has learnt the time', async () => {
    const skewed = refuseWith('InvalidSignatureException', 400, 'Signature expired: x is now earlier than y');

    expect((await run({ steps: [skewed] })).results[0]).toMatchObject({
      status: 'delivered',
      possibleDuplicate: false,
    });
    expect((await run({ steps: [skewed, skewed] })).results[0]).toMatchObject({ cause: 'CLOCK_SKEWED', attempts: 2 });
  });
});

describe('records that AWS will not take', () => {
  test('those known in advance fail without being sent, the rest flows', async () => {
    const [good, other] = makeRecords(2);
    if (!good || !other) throw new Error('two records expected');
    const records = [good, { ...good, partitionKey: '' }, { ...good, data: Buffer.alloc(50) }, other];
    const { results, sent } = await run({ records, terms: { maxRecordBytes: 40 } });

    expect(sent).toEqual([[0, 3]]);
    expect(results).toMatchObject([
      { status: 'delivered' },
      { status: 'failed', code: 'RECORD_REFUSED', attempts: 0 },
      { status: 'failed', code: 'RECORD_TOO_LARGE', sizeBytes: 59, limitBytes: 40, attempts: 0 },
      { status: 'delivered' },
    ]);
  });

  test('a record limit over 10 MiB is cut to what a request can hold', async () => {
    const record = { data: Buffer.alloc(10 * 1_048_576), partitionKey: 'k' };
    const { results } = await run({ records: [record], terms: { maxRecordBytes: 100 * 1_048_576 } });

    expect(results[0]).toMatchObject({ code: 'RECORD_TOO_LARGE', limitBytes: 10 * 1_048_576 });
  });

  test('two culprits among 500 fail alone, the others are delivered once and in order', async () => {
    const records = makeRecords(500);
    const culprits = new Set([records[0], records[377]]);
    const picky = refuseWhile((record) => culprits.has(record));
    const { results, sent, ledger } = await run({ records, steps: Array.from({ length: 100 }, () => picky) });

    expect(results.flatMap((result, index) => (result.status === 'failed' ? [index] : []))).toEqual([0, 377]);
    expect(results[377]).toMatchObject({ code: 'RECORD_REFUSED', awsCode: 'ValidationException', awsRequestId: 'r-1' });
    expect(results.filter((result) => result.status === 'delivered')).toHaveLength(498);
    expect([...ledger.values()].every((numbers) => numbers.length === 1)).toBe(true);
    expect([...ledger.keys()]).toEqual(records.filter((record) => !culprits.has(record)));
    expect(sent.length).toBeLessThan(40);
  });

  test('a culprit that AWS finds too large fails as such, with the limit that AWS names', async () => {
    const message =
      "1 validation error detected: Value at 'records.1.member.data' failed to satisfy constraint: Member must have length less than or equal to 1048576";
    const { results } = await run({ records: makeRecords(1), steps: [refuseWhile(() => true, { message })] });

    expect(results[0]).toMatchObject({ code: 'RECORD_TOO_LARGE', limitBytes: 1_048_576 });
  });

  test('a record refused inside an answer fails alone', async () => {
    const { results } = await run({ steps: [rejectAt([2], 'InvalidArgumentException')] });

    expect(statuses(results)).toEqual(['delivered', 'delivered', 'failed']);
  });
});
