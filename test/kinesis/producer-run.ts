/** One call of a producer against a script. */

import { type CallTerms, createProducer, type ProducerOptions } from '../../src/kinesis/producer.js';
import type { KinesisRecord, RecordResult } from '../../src/kinesis/record.js';
import { makeClock, makeRecords, type Step, scriptKinesis } from './scripted-kinesis.js';

const never = new AbortController().signal;

/** What is produced, and how; three records by default. */
export interface Run {
  readonly steps?: readonly Step[];
  readonly records?: readonly KinesisRecord[];
  readonly options?: Partial<ProducerOptions>;
  readonly signal?: AbortSignal;
  readonly terms?: CallTerms;
}

/** Produces once. @returns also the positions of the records in each request. */
export async function run({ steps = [], records = makeRecords(3), options = {}, signal = never, terms = {} }: Run) {
  const kinesis = scriptKinesis(steps);
  const clock = makeClock();
  const producer = createProducer({
    putRecords: kinesis.putRecords,
    stream: 'orders',
    clock,
    random: () => 0.5,
    ...options,
  });
  const results = await producer.produce(records, signal, terms);
  const sent = kinesis.requests.map((request) => request.records.map((record) => records.indexOf(record)));
  return { results, sent, clock, requests: kinesis.requests, ledger: kinesis.ledger };
}

/** The statuses of results, in their order. */
export function statuses(results: readonly RecordResult[]): string[] {
  return results.map((result) => result.status);
}
