/** What came back from a PutRecords request, read sparingly and without trust. */

import type { CallFault } from './call-fault.js';

/** What an answer says about one record. `unreadable`: neither a stored record nor an error code. */
export type RecordAnswer =
  | { readonly kind: 'stored'; readonly shardId: string; readonly sequenceNumber: string }
  | { readonly kind: 'rejected'; readonly code: string; readonly message: string }
  | { readonly kind: 'unreadable' };

/**
 * The end of one PutRecords attempt.
 * - `results`: a list of results; whether it is as long as the request is for the reader to check.
 * - `refused`: an error for the whole request; `code` as on the wire, null if there was none.
 * - `unreadable`: sent, and no telling what became of it (time-out, reset, empty, HTML, half a body).
 * - `unsent`: certainly nothing was stored (no connection, no address).
 * - `unsigned`: there were no keys to sign it with; nothing was sent.
 */
export type PutRecordsAnswer =
  | { readonly kind: 'results'; readonly results: readonly RecordAnswer[]; readonly requestId: string | null }
  | {
      readonly kind: 'refused';
      readonly code: string | null;
      readonly httpStatus: number;
      readonly message: string;
      readonly requestId: string | null;
    }
  | { readonly kind: 'unreadable'; readonly reason: string; readonly requestId: string | null }
  | { readonly kind: 'unsent'; readonly reason: string }
  | { readonly kind: 'unsigned'; readonly fault: CallFault };

/** An HTTP answer as it came. */
export interface RawAnswer {
  readonly httpStatus: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Reads a raw PutRecords answer; whatever is not clearly an answer of Kinesis is `unreadable` or a `refused` without code. */
export function readAnswer(raw: RawAnswer): PutRecordsAnswer {
  const requestId = raw.headers['x-amzn-requestid'] ?? raw.headers['x-amz-request-id'] ?? null;
  const body = parseObject(raw.body);
  if (raw.httpStatus !== 200) return readRefusal(raw, body, requestId);
  const records = body?.['Records'];
  if (!Array.isArray(records)) return { kind: 'unreadable', reason: describeBody(raw.body), requestId };
  return { kind: 'results', results: records.map(readRecordAnswer), requestId };
}

function readRefusal(raw: RawAnswer, body: Fields | null, requestId: string | null): PutRecordsAnswer {
  const code = readText(raw.headers['x-amzn-errortype']) ?? readText(body?.['__type']) ?? readText(body?.['code']);
  const message = readText(body?.['message']) ?? readText(body?.['Message']) ?? '';
  return { kind: 'refused', code: code && bareCode(code), httpStatus: raw.httpStatus, message, requestId };
}

/**
 * Wire codes come as `Code`, `namespace#Code` and `Code:http://…`. Null for other words, which no AWS sends: the code is
 * told on, and decides that nothing was stored.
 */
function bareCode(code: string): string | null {
  const bare = code.replace(/^[^:]*#/, '').replace(/:.*$/, '');
  return /^[\w.]{1,100}$/.test(bare) ? bare : null;
}

function readRecordAnswer(entry: unknown): RecordAnswer {
  if (!isFields(entry)) return { kind: 'unreadable' };
  const code = readText(entry['ErrorCode']);
  if (code !== null) return { kind: 'rejected', code, message: readText(entry['ErrorMessage']) ?? '' };
  const shardId = readText(entry['ShardId']);
  const sequenceNumber = readText(entry['SequenceNumber']);
  if (shardId === null || sequenceNumber === null) return { kind: 'unreadable' };
  return { kind: 'stored', shardId, sequenceNumber };
}

type Fields = Readonly<Record<string, unknown>>;

function parseObject(text: string): Fields | null {
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) ? value : null;
  } catch {
    return null;
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readText(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function describeBody(body: string): string {
  return body === '' ? 'an empty answer' : `an answer of ${body.length} characters that holds no list of results`;
}
