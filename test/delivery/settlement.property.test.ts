/** The arithmetic of a page's commit: no record is lost, doubled or counted for another export. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Page, PageEntry } from '../../src/delivery/page.js';
import { type PageResults, type Settlement, settlePage } from '../../src/delivery/settlement.js';
import { fromCauseKey } from '../../src/domain/delivery-cause.js';
import type { RecordResult } from '../../src/kinesis/record.js';
import { exampleClaim, exampleTarget } from '../support/delivery.js';

const RUNS = Number(process.env['TRIBUTARY_TEST_SEEDS'] ?? 300);
const EXPORTS: Page['exports'] = new Map([
  ['1', { trigger: 'MANUAL', segmentIds: [10, 11] }],
  ['2', { trigger: 'RETRY', segmentIds: [10] }],
  ['3', { trigger: 'SCHEDULED', segmentIds: [11] }],
]);

const result: fc.Arbitrary<RecordResult> = fc.oneof(
  fc.record({
    status: fc.constant('delivered' as const),
    shardId: fc.constantFrom('shardId-0', 'shardId-1'),
    sequenceNumber: fc.nat().map(String),
    attempts: fc.integer({ min: 1, max: 3 }),
    possibleDuplicate: fc.boolean(),
  }),
  fc.record({
    status: fc.constant('failed' as const),
    code: fc.constantFrom('RECORD_TOO_LARGE' as const, 'RECORD_REFUSED' as const),
    message: fc.constant('m'),
    awsCode: fc.constant(null),
    awsRequestId: fc.constant(null),
    attempts: fc.integer({ min: 0, max: 3 }),
    outcomeUnknown: fc.boolean(),
    sizeBytes: fc.nat(),
    limitBytes: fc.constant(1_048_576),
  }),
  fc.record({
    status: fc.constant('deferred' as const),
    cause: fc.constantFrom(
      'THROTTLED' as const,
      'ABORTED' as const,
      'AWS_UNAVAILABLE' as const,
      'REQUEST_REFUSED' as const,
      'ACCESS_DENIED' as const,
    ),
    outcomeUnknown: fc.boolean(),
    retryAfterMs: fc.integer({ min: 0, max: 40_000 }),
    attempts: fc.integer({ min: 0, max: 3 }),
    awsCode: fc.constant(null),
    awsRequestId: fc.constant(null),
    detail: fc.constant(null),
  }),
);
const segments = fc.constantFrom('', '0', '1', '0,1');
const fate: fc.Arbitrary<RecordResult | 'skip'> = fc.oneof(result, fc.constant('skip' as const));
const sent = fc.record({ segments, fate });
const waiting = fc.record({
  exports: fc.dictionary(fc.constantFrom('1', '2', '3'), segments, { noNullPrototype: true }),
  fate,
  activationId: fc.constantFrom(7, 8),
  pending: fc.record({
    version: fc.nat(),
    attempts: fc.nat({ max: 5 }),
    outcomeUnknown: fc.boolean(),
    causes: fc.constantFrom<Record<string, number>>({}, { 'MEMBERSHIP:s': 1 }),
    waitedMs: fc.constant(5),
  }),
});

test('an export page: each record is delivered, failed, skipped or newly deferred; else the page stays whole', () => {
  fc.assert(
    fc.property(fc.array(sent, { minLength: 1, maxLength: 12 }), (given) => {
      const objects = new Map(given.map((one) => [one.segments, { 1: one.segments }]));
      const entries = given.map((one, index) =>
        makeEntry({ key: index, exports: objects.get(one.segments) ?? {}, fate: one.fate }),
      );
      const results = given.map(({ fate: one }) => (one === 'skip' ? null : one));

      const settlement = settle({ entries, results, isSlice: true });

      const { counters, deferred } = settlement.exportDeltas.get(1) ?? { counters: {}, deferred: 0 };
      const staysWhole = results.every(
        // A page that waits whole counts no attempts of its records, and an error that nobody knows has a budget of them.
        (one) => one?.status === 'deferred' && !one.outcomeUnknown && one.cause !== 'REQUEST_REFUSED',
      );
      expect(settlement.holdMs !== null).toBe(staysWhole);
      const settled = (counters['delivered'] ?? 0) + (counters['failed'] ?? 0) + (counters['skipped'] ?? 0);
      expect(settled + deferred).toBe(staysWhole ? 0 : given.length);
      expect(settlement.deferrals).toHaveLength(deferred);
      expect(counters['attempts'] ?? 0).toBe(sum(results.map((one) => one?.attempts ?? 0)));
      if (!staysWhole) for (const number of ['0', '1']) expectSegment({ counters, number, given });
      expect([...settlement.exportDeltas.keys()]).toEqual([1]);
    }),
    { numRuns: RUNS },
  );
});

test('pending records: what is settled leaves each of its exports, what is deferred again changes no count', () => {
  fc.assert(
    fc.property(fc.array(waiting, { minLength: 1, maxLength: 12 }), (given) => {
      const entries = given.map((one, index) => makeEntry({ key: index, ...one }));
      const results = given.map(({ fate: one }) => (one === 'skip' ? null : one));

      const settlement = settle({ entries, results, isSlice: false });

      for (const id of [1, 2, 3]) {
        const settled = given.filter((one) => one.exports[String(id)] !== undefined && isSettled(one.fate));
        const { counters, deferred } = settlement.exportDeltas.get(id) ?? { counters: {}, deferred: 0 };
        const counted = (counters['delivered'] ?? 0) + (counters['failed'] ?? 0) + (counters['skipped'] ?? 0);
        expect([id, counted, deferred === 0 ? 0 : deferred]).toEqual([
          id,
          settled.length,
          settled.length === 0 ? 0 : -settled.length,
        ]);
      }
      expect(settlement.holdMs).toBe(null);
      expect(settlement.settledReasons).toHaveLength(given.filter((one) => isSettled(one.fate)).length);
      expect(settlement.settledReasons.length + settlement.deferrals.length).toBe(given.length);
      expectEvents(settlement, given.length);
    }),
    { numRuns: RUNS },
  );
});

test('a record whose earlier outcome is unknown is delivered as a possible duplicate, with all its attempts', () => {
  const pending = { version: 1, attempts: 4, outcomeUnknown: true, causes: {}, waitedMs: 5 };
  const delivered: RecordResult = {
    status: 'delivered',
    shardId: 's',
    sequenceNumber: '1',
    attempts: 1,
    possibleDuplicate: false,
  };
  const entries = [makeEntry({ key: 1, exports: { 1: '0' }, fate: delivered, pending })];

  const settlement = settle({ entries, results: [delivered], isSlice: false });

  expect(settlement.events[0]?.records[0]).toMatchObject({ possibleDuplicate: true, attempts: 5 });
  expect(settlement.exportDeltas.get(1)?.counters).toMatchObject({ possibleDuplicates: 1, attempts: 1 });
});

test.each([
  [false, false, 'no'],
  [true, false, 'no AWS did not answer for an earlier attempt: the stream may hold it all the same.'],
  [false, true, 'no AWS did not answer for an earlier attempt: the stream may hold it all the same.'],
])(
  'a record given up on says whether the stream may hold it: in this call %s, before %s',
  (inCall, before, message) => {
    const failed: RecordResult = {
      status: 'failed',
      code: 'RECORD_REFUSED',
      message: 'no',
      awsCode: null,
      awsRequestId: null,
      attempts: 2,
      outcomeUnknown: inCall,
      sizeBytes: 2,
      limitBytes: null,
    };
    const pending = { version: 1, attempts: 1, outcomeUnknown: before, causes: {}, waitedMs: 5 };
    const entries = [makeEntry({ key: 1, exports: { 1: '0' }, fate: failed, pending })];

    expect(settle({ entries, results: [failed], isSlice: false }).failures).toMatchObject([{ message }]);
  },
);

test('an unknown outcome is not forgotten when the next call is throttled', () => {
  const pending = { version: 1, attempts: 1, outcomeUnknown: true, causes: {}, waitedMs: 5 };
  const throttled = deferral('THROTTLED');

  const settlement = settle({
    entries: [makeEntry({ key: 1, exports: { 1: '0' }, fate: throttled, pending })],
    results: [throttled],
    isSlice: false,
  });

  expect(settlement.deferrals).toMatchObject([{ outcomeUnknown: true, attempts: 2 }]);
});

test('a halt delays no record: its destination waits as a whole, and goes on at once when it is mended', () => {
  const halted = { ...deferral('ACCESS_DENIED'), retryAfterMs: 40_000 };

  const page = settle({
    entries: [makeEntry({ key: 1, exports: { 1: '0' }, fate: halted })],
    results: [halted],
    isSlice: true,
  });
  const waits = settle({
    entries: [
      makeEntry({
        key: 1,
        exports: { 1: '0' },
        fate: halted,
        pending: { version: 1, attempts: 1, outcomeUnknown: false, causes: {}, waitedMs: 5 },
      }),
    ],
    results: [halted],
    isSlice: false,
  });

  expect(page.holdMs).toBe(0);
  expect(waits.deferrals).toMatchObject([{ retryAfterMs: 0 }]);
});

function deferral(cause: 'THROTTLED' | 'ACCESS_DENIED'): Extract<RecordResult, { status: 'deferred' }> {
  const nothing = { awsCode: null, awsRequestId: null, detail: null };
  return { status: 'deferred', cause, outcomeUnknown: false, retryAfterMs: 100, attempts: 1, ...nothing };
}

function expectSegment(check: {
  counters: Record<string, number>;
  number: string;
  given: { segments: string; fate: RecordResult | 'skip' }[];
}): void {
  const { counters, number, given } = check;
  const members = given.filter((one) => one.segments.split(',').includes(number) && isSettled(one.fate));
  const counted = ['delivered', 'failed', 'skipped'].map((outcome) => counters[`segment.${number}.${outcome}`] ?? 0);
  expect(sum(counted)).toBe(members.length);
}

function expectEvents(settlement: Settlement, entries: number): void {
  const records = settlement.events.flatMap((event) => event.records);
  expect(records.length + settlement.deferrals.length).toBe(entries);
  expect(settlement.events.map((event) => event.position)).toEqual(
    settlement.events.map((_, index) => exampleClaim.position + index + 1),
  );
}

function isSettled(one: RecordResult | 'skip'): boolean {
  return one === 'skip' || one.status !== 'deferred';
}

function makeEntry(of: {
  key: number;
  exports: Record<string, string>;
  fate: RecordResult | 'skip';
  activationId?: number;
  pending?: PageEntry['candidate']['pending'];
}): PageEntry {
  const record = { data: Buffer.from('{}'), partitionKey: `p${of.key}` };
  return {
    candidate: {
      activationId: of.activationId ?? 7,
      profileKey: of.key,
      exports: of.exports,
      pending: of.pending ?? null,
    },
    causes: Object.keys(of.pending?.causes ?? {}).map(fromCauseKey),
    origin: Object.keys(of.pending?.causes ?? {}).length > 0 ? 'LIVE' : 'MANUAL',
    activationVersion: 1,
    revision: 1,
    verdict: of.fate === 'skip' ? { skip: 'NOT_A_MEMBER' } : { record },
  };
}

function settle(page: { entries: PageEntry[]; results: PageResults; isSlice: boolean }): Settlement {
  const { entries, results } = page;
  const slice = {
    exportId: 1,
    activationId: 7,
    trigger: 'MANUAL',
    segmentIds: [10, 11],
    page: 0,
    pages: 1,
    offset: 0,
    pageSize: entries.length,
    notBefore: '-infinity',
    msPerRecord: 0,
    pageBytes: 0,
    candidates: entries.map((entry) => entry.candidate),
  };
  return settlePage(
    {
      lane: exampleClaim.lane,
      target: exampleTarget,
      slice: page.isSlice ? slice : null,
      exports: EXPORTS,
      entries,
      foundAtMs: 0,
    },
    results,
    {
      claim: exampleClaim,
      latencyMs: 5,
    },
  );
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
