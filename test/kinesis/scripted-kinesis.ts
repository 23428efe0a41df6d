/** A Kinesis at the one-method seam that follows a script and keeps a ledger of its own. */
import type { PutRecordsAnswer, RecordAnswer } from '../../src/kinesis/answer.js';
import type { ProducerClock, PutRecords } from '../../src/kinesis/producer.js';
import type { KinesisRecord } from '../../src/kinesis/record.js';

/** One request as it arrived. */
export interface SeenRequest {
  readonly records: readonly KinesisRecord[];
  readonly signal: AbortSignal;
}

/** Answers one request; `store` writes a record to the ledger and gives its result. */
export type Step = (
  request: SeenRequest,
  store: (record: KinesisRecord) => RecordAnswer,
) => PutRecordsAnswer | Promise<PutRecordsAnswer>;

/** What is in the stream, and what was asked. */
export interface ScriptedKinesis {
  readonly putRecords: PutRecords;
  readonly requests: SeenRequest[];
  /** Sequence numbers by record, in the order of storing. */
  readonly ledger: Map<KinesisRecord, string[]>;
}

/** Follows the steps, one a request; when they are used up, everything is stored. */
export function scriptKinesis(steps: readonly Step[]): ScriptedKinesis {
  const ledger = new Map<KinesisRecord, string[]>();
  const requests: SeenRequest[] = [];
  let lastNumber = 0;
  const store = (record: KinesisRecord): RecordAnswer => {
    lastNumber += 1;
    const sequenceNumber = `s${lastNumber}`;
    ledger.set(record, [...(ledger.get(record) ?? []), sequenceNumber]);
    return { kind: 'stored', shardId: 'shardId-000000000000', sequenceNumber };
  };
  const putRecords: PutRecords = async ({ records, signal }) => {
    const step = steps[requests.length] ?? storeAll;
    const request = { records, signal };
    requests.push(request);
    return step(request, store);
  };
  return { putRecords, requests, ledger };
}

/** Stores every record and says so. */
export const storeAll: Step = ({ records }, store) => ({
  kind: 'results',
  results: records.map(store),
  requestId: 'r',
});

/** Rejects the records at these positions of the request, stores the others. */
export function rejectAt(positions: readonly number[], code = 'ProvisionedThroughputExceededException'): Step {
  return ({ records }, store) => ({
    kind: 'results',
    requestId: 'r',
    results: records.map((record, index) =>
      positions.includes(index) ? { kind: 'rejected', code, message: 'no' } : store(record),
    ),
  });
}

/** Refuses the whole request. */
export function refuseWith(code: string, httpStatus = 400, message = 'no'): Step {
  return () => ({ kind: 'refused', code, httpStatus, message, requestId: 'r-1' });
}

/** Refuses the whole request while it holds such a record, stores it otherwise. */
export function refuseWhile(
  isCulprit: (record: KinesisRecord) => boolean,
  { code = 'ValidationException', message = 'no' }: { code?: string; message?: string } = {},
): Step {
  return (request, store) =>
    request.records.some(isCulprit)
      ? { kind: 'refused', code, httpStatus: 400, message, requestId: 'r-1' }
      : storeAll(request, store);
}

/** Answers only when the attempt's signal aborts, as a silent server makes the client do. */
export const staySilent: Step = ({ signal }) =>
  new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve({ kind: 'unreadable', reason: 'AbortError', requestId: null }));
  });

/** A clock that sleeping moves; keeps what was slept. */
export function makeClock(): ProducerClock & { readonly sleptMs: number[]; advance(ms: number): void } {
  let nowMs = 0;
  const sleptMs: number[] = [];
  return {
    sleptMs,
    nowMs: () => nowMs,
    advance: (ms) => {
      nowMs += ms;
    },
    sleep: async (ms) => {
      sleptMs.push(ms);
      nowMs += ms;
    },
  };
}

/** Distinct small records. */
export function makeRecords(count: number): KinesisRecord[] {
  return Array.from({ length: count }, (_, index) => ({
    data: Buffer.from(`{"n":${index}}`),
    partitionKey: `profile-${index}`,
  }));
}
