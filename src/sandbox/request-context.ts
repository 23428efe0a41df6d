/** What an operation gets besides its input. */

import type { Ledger } from './ledger.js';
import type { RoleSessions } from './role-sessions.js';
import type { SequenceNumbers } from './sequence-numbers.js';
import type { StreamSettings } from './stream.js';
import type { StreamRegistry } from './stream-registry.js';
import type { WireInput } from './wire-input.js';

/** Counts since the sandbox started. */
export interface SandboxStats {
  /** Requests by operation, refused and faulted ones included. */
  readonly requests: Record<string, number>;
  /** Requests by access key id. */
  readonly accessKeys: Record<string, number>;
  /** Records appended. */
  records: number;
  /** Data and keys appended, bytes. */
  bytes: number;
  /** Records refused because their shard was over its limit. */
  throttledRecords: number;
  /** Records refused by a scripted fault. */
  faultedRecords: number;
}

/** The parts of a running sandbox that operations work on. */
export interface SandboxState {
  readonly streams: StreamRegistry;
  readonly sequences: SequenceNumbers;
  readonly ledger: Ledger;
  readonly sessions: RoleSessions;
  readonly stats: SandboxStats;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly accountId: string;
  readonly defaultSettings: StreamSettings;
}

/** Why a scripted fault refuses a record. */
export interface RecordFailure {
  readonly code: string;
  readonly message: string;
}

/** What faults do inside an operation that appends. */
export interface AppendFaults {
  /** Decides per record; null = no record is refused. */
  readonly failure: ((partitionKey: string) => RecordFailure | null) | null;
  /** Result entries left out at the end of a PutRecords answer; the records are appended all the same. */
  readonly missingResults: number;
}

/** One request: the sandbox, and what its headers and the fault script say. */
export interface RequestContext {
  readonly state: SandboxState;
  readonly accessKeyId: string;
  /** Region that the request was signed for. */
  readonly region: string;
  readonly faults: AppendFaults;
}

/** An operation: gives the text of its answer, JSON or XML by its protocol, or throws an AwsError. */
export type Operation = (input: WireInput, context: RequestContext) => string;
