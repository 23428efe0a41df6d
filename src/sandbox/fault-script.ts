/** Decides which faults strike a request: counts requests per rule and draws by seed. */

import type { AnswerFault, FaultMatch, FaultRule, RecordErrorFault } from './faults.js';
import type { AppendFaults, RecordFailure } from './request-context.js';
import { findStreamName } from './stream-registry.js';
import { isWireInput, type WireInput } from './wire-input.js';

/** What is known of a request once its headers are read. */
export interface RequestHead {
  readonly operation: string;
  readonly accessKeyId: string;
}

/** Everything that will go wrong with one request. */
export interface FaultPlan {
  readonly appends: AppendFaults;
  readonly delayMs: number;
  /** Whether the request takes effect only after the delay. */
  readonly appendLate: boolean;
  readonly answer: AnswerFault | null;
}

/** A plan in which nothing goes wrong. */
const NO_FAULTS: FaultPlan = {
  appends: { failure: null, missingResults: 0 },
  delayMs: 0,
  appendLate: false,
  answer: null,
};

/** A rule and how often it has struck. */
export interface FaultCount {
  readonly rule: FaultRule;
  readonly strikes: number;
}

/** A list of rules at work. The same rules, seed and order of requests give the same faults. */
export class FaultScript {
  private readonly rules: readonly ActiveRule[];

  /** @param seed any integer. */
  constructor(rules: readonly FaultRule[], seed: number) {
    // A generator per rule: adding a rule does not change what the others draw.
    this.rules = rules.map((rule, index) => ({
      rule,
      seen: 0,
      strikes: 0,
      random: createRandom(seed * 1009 + index),
    }));
  }

  /** Whether the connection is reset before its body is read. */
  strikesBeforeReading(head: RequestHead): boolean {
    return this.rules.some((active) => isHeadReset(active.rule) && strikes(active, head, null));
  }

  /** The faults of a request whose body is known. */
  plan(head: RequestHead, input: WireInput): FaultPlan {
    if (this.rules.length === 0) {
      return NO_FAULTS;
    }
    const struck = this.rules.filter((active) => !isHeadReset(active.rule) && strikes(active, head, input));
    return struck.length === 0 ? NO_FAULTS : combine(struck);
  }

  /** The rules with their counts, in order. */
  counts(): FaultCount[] {
    return this.rules.map(({ rule, strikes }) => ({ rule, strikes }));
  }
}

interface ActiveRule {
  readonly rule: FaultRule;
  /** Requests that met the conditions which `requests` counts. */
  seen: number;
  strikes: number;
  readonly random: () => number;
}

function isHeadReset({ kind, match }: FaultRule): boolean {
  return kind === 'reset' && match?.stream === undefined && match?.partitionKey === undefined;
}

function strikes(active: ActiveRule, head: RequestHead, input: WireInput | null): boolean {
  const match = active.rule.match ?? {};
  if (!meetsHead(match, head) || (input !== null && !meetsBody(match, input))) {
    return false;
  }
  active.seen += 1;
  const from = match.requests?.from ?? 1;
  const to = match.requests?.to ?? Number.POSITIVE_INFINITY;
  if (active.seen < from || active.seen > to || !draws(active, match.probability)) {
    return false;
  }
  active.strikes += 1;
  return true;
}

function meetsHead(match: FaultMatch, head: RequestHead): boolean {
  const { operation = head.operation, accessKeyId = head.accessKeyId } = match;
  return operation === head.operation && accessKeyId === head.accessKeyId;
}

function meetsBody(match: FaultMatch, input: WireInput): boolean {
  if (match.stream !== undefined && findStreamName(input) !== match.stream) {
    return false;
  }
  return match.partitionKey === undefined || hasPartitionKey(input, match.partitionKey);
}

function hasPartitionKey(input: WireInput, partitionKey: string): boolean {
  const records: unknown = input['Records'] ?? [input];
  const hasKey = (record: unknown) => isWireInput(record) && record['PartitionKey'] === partitionKey;
  return Array.isArray(records) && records.some(hasKey);
}

/** A certain rule draws nothing, so that its presence does not shift what its record errors draw. */
function draws(active: ActiveRule, probability: number | undefined): boolean {
  return probability === undefined || active.random() < probability;
}

function combine(struck: readonly ActiveRule[]): FaultPlan {
  const rules = struck.map(({ rule }) => rule);
  const missing = rules.map((rule) => (rule.kind === 'short-result' ? (rule.missing ?? 1) : 0));
  const delays = rules.map((rule) => (rule.kind === 'slow-answer' ? rule.delayMs : 0));
  return {
    appends: { failure: combineFailures(struck), missingResults: sum(missing) },
    delayMs: sum(delays),
    appendLate: rules.some((rule) => rule.kind === 'slow-answer' && rule.appendLate === true),
    answer: rules.find(isAnswerFault) ?? null,
  };
}

function isAnswerFault(rule: FaultRule): rule is AnswerFault & FaultRule {
  return rule.kind !== 'record-error' && rule.kind !== 'slow-answer' && rule.kind !== 'short-result';
}

function sum(figures: readonly number[]): number {
  return figures.reduce((total, figure) => total + figure, 0);
}

function combineFailures(struck: readonly ActiveRule[]): AppendFaults['failure'] {
  const failures = struck.map(recordFailure).filter((failure) => failure !== null);
  return failures.length === 0 ? null : (partitionKey) => firstFailure(failures, partitionKey);
}

function recordFailure(active: ActiveRule): ((partitionKey: string) => RecordFailure | null) | null {
  const { rule } = active;
  if (rule.kind !== 'record-error') {
    return null;
  }
  const failure = { code: rule.code, message: rule.message ?? defaultMessage(rule) };
  const only = rule.match?.partitionKey;
  return (partitionKey) =>
    (only === undefined || only === partitionKey) && draws(active, rule.probability) ? failure : null;
}

function firstFailure(
  failures: readonly ((partitionKey: string) => RecordFailure | null)[],
  partitionKey: string,
): RecordFailure | null {
  for (const failure of failures) {
    const found = failure(partitionKey);
    if (found) {
      return found;
    }
  }
  return null;
}

/** The texts that AWS gives with its two record codes. */
function defaultMessage(fault: RecordErrorFault): string {
  return fault.code === 'InternalFailure' ? 'Internal Service Failure' : 'Rate exceeded by a scripted fault.';
}

/** mulberry32: small, fast, and the same everywhere. */
function createRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
