/** What the demo tells, and when it says that something is wrong. */
import { describe, expect, test } from 'vitest';
import { type DemoOutcome, describeOutcome, findDisagreements } from '../../src/cli/demo-report.js';

const outcome: DemoOutcome = {
  loaded: 1_200,
  finished: {
    id: 'e1',
    trigger: 'MANUAL',
    state: 'SUCCEEDED',
    until: null,
    maxRecordsPerSecond: null,
    createdAt: '2026-01-31T21:24:39.000Z',
    startedAt: '2026-01-31T21:24:39.000Z',
    finishedAt: '2026-01-31T21:24:40.000Z',
    received: 1_200,
    delivered: '1200',
    failed: 0,
    skipped: 0,
    pending: 0,
    recovered: 0,
    recordsPerSecond: 1_200.4,
    attempts: 1_200,
    bytes: 1_200_000,
    possibleDuplicates: 0,
    codes: [],
    missedRuns: 0,
    since: null,
    createdBy: { kind: 'API_KEY', name: 'first key' },
    latency: { p50Ms: 4.25, p95Ms: 20, p99Ms: 31.4 },
    segments: [],
    destination: { id: 'd1', name: 'Demo' },
  },
  events: { delivered: 1_200, failed: 0, skipped: 0 },
  shards: [
    { shardId: 'shardId-000000000000', records: 700 },
    { shardId: 'shardId-000000000001', records: 500 },
  ],
  firstRecord: {
    shardId: 'shardId-000000000001',
    partitionKey: 'p1',
    sequenceNumber: '49',
    data: '{"a":{"b":1},"c":2}',
  },
};

test('the summary has every number, and the record as it stands in the stream', () => {
  expect(describeOutcome(outcome)).toEqual([
    '  received         1,200',
    '  delivered        1,200',
    '  failed               0',
    '  skipped              0',
    '  records/s        1,200',
    '  latency      p50 4.3 ms, p99 31 ms',
    '  shards             700  shardId-000000000000',
    '                     500  shardId-000000000001',
    '',
    'The first record as it stands in the stream',
    '  shardId-000000000001, sequence number 49',
    '  partition key p1',
    '  {',
    '    "a": {"b":1},',
    '    "c": 2',
    '  }',
  ]);
});

describe('the books', () => {
  const { finished } = outcome;

  test('agree where export, events and stream say the same', () => {
    expect(findDisagreements(outcome)).toEqual([]);
  });

  test('agree where what may be there twice is', () => {
    const shards = [{ shardId: 's', records: 1_203 }];

    expect(findDisagreements({ ...outcome, finished: { ...finished, possibleDuplicates: 3 }, shards })).toEqual([]);
  });

  test.each<[string, Partial<DemoOutcome>]>([
    ['ended as PARTIALLY_FAILED', { finished: { ...finished, state: 'PARTIALLY_FAILED' } }],
    ['the export received 1200', { loaded: 1_201 }],
    ['but delivered 1199', { finished: { ...finished, delivered: 1_199, failed: 1 } }],
    ['The events say that 1199', { events: { delivered: 1_199, failed: 0, skipped: 0 } }],
    ['The stream took 1201', { shards: [{ shardId: 's', records: 1_201 }] }],
    ['The stream took 0', { shards: [] }],
  ])('disagree: %s', (text, change) => {
    expect(findDisagreements({ ...outcome, ...change }).join('\n')).toContain(text);
  });
});
