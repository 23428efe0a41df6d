/** Scripted faults: what can go wrong with a request, written down as data. */

/** Which requests a rule applies to; every given condition must hold. */
export interface FaultMatch {
  /** API name, e.g. `PutRecords`. */
  readonly operation?: string;
  /** Stream name, whether the request gives it as such or in an ARN. */
  readonly stream?: string;
  /** A record of the request has this partition key; `record-error` then refuses only such records. */
  readonly partitionKey?: string;
  /** Access key id that the request is signed with. */
  readonly accessKeyId?: string;
  /** The nth to mth request that meets the conditions above, counted from 1 since the rules were set; both included. */
  readonly requests?: { readonly from?: number; readonly to?: number };
  /** Share of the requests that meet all conditions above, 0 to 1; drawn by seed. Default 1. */
  readonly probability?: number;
}

/** Refuses single records: in the result entries of PutRecords, as the error of PutRecord. */
export interface RecordErrorFault {
  readonly kind: 'record-error';
  /** `ProvisionedThroughputExceededException`, `InternalFailure` or any other code. */
  readonly code: string;
  readonly message?: string;
  /** Share of the records, 0 to 1. Default 1. */
  readonly probability?: number;
}

/** Answers the whole request with an error; nothing is appended. */
export interface RequestErrorFault {
  readonly kind: 'request-error';
  /** Wire name, e.g. `InternalFailure`, `AccessDeniedException`, `KMSThrottlingException`. */
  readonly code: string;
  /** HTTP status, 400 to 599. */
  readonly status: number;
  readonly message?: string;
}

/** Fewer result entries than records were sent; all records are appended. */
export interface ShortResultFault {
  readonly kind: 'short-result';
  /** Entries left out at the end, at least 1. Default 1. */
  readonly missing?: number;
}

/** A late answer. */
export interface SlowAnswerFault {
  readonly kind: 'slow-answer';
  readonly delayMs: number;
  /** Append after the delay instead of before it, even if the client has hung up by then. Default false. */
  readonly appendLate?: boolean;
}

/** An answer that comes a byte at a time. */
export interface SlowBodyFault {
  readonly kind: 'slow-body';
  /** Between two bytes. Default 1,000. */
  readonly intervalMs?: number;
}

/**
 * Answers that tell nothing. `append` says whether the request took effect all the same:
 * - `no-answer` (default false): the connection stays open, silent.
 * - `lost-answer` (always): the connection is cut after the effect.
 * - `empty-answer` (default true): status 200 without a body.
 * - `half-body` (default true): the answer breaks off in the middle, then the connection is cut.
 * - `html-body` (default false): status 502 with a proxy's HTML page.
 * - `reset` (never): a TCP reset; before the body is read, unless the rule must know the body to match.
 */
export interface UntoldAnswerFault {
  readonly kind: 'no-answer' | 'lost-answer' | 'empty-answer' | 'half-body' | 'html-body' | 'reset';
  readonly append?: boolean;
}

/** What goes wrong. */
export type Fault =
  | RecordErrorFault
  | RequestErrorFault
  | ShortResultFault
  | SlowAnswerFault
  | SlowBodyFault
  | UntoldAnswerFault;

/**
 * A fault and when it strikes. All rules that match a request act together: record errors and delays add up,
 * of the faults that change the answer the first in the list wins.
 */
export type FaultRule = Fault & { readonly match?: FaultMatch };

/** The faults that change what the client gets back as a whole. */
export type AnswerFault = RequestErrorFault | SlowBodyFault | UntoldAnswerFault;

/** Whether the request takes effect although this fault spoils its answer. */
export function takesEffect(fault: AnswerFault): boolean {
  switch (fault.kind) {
    case 'request-error':
    case 'reset':
      return false;
    case 'slow-body':
    case 'lost-answer':
      return true;
    case 'no-answer':
    case 'html-body':
      return fault.append ?? false;
    case 'empty-answer':
    case 'half-body':
      return fault.append ?? true;
  }
}
