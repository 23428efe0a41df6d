/** The health of destinations: one pure function says what a call, or a test, makes of it. */

import { DELIVERY_CODES, type DeliveryCode } from './delivery-code.js';

/** How a destination is. */
export type HealthStatus = 'HEALTHY' | 'DEGRADED' | 'THROTTLED' | 'HALTED' | 'UNTESTED';

/** What is wrong; all null if nothing is. */
export interface HealthCause {
  /** A DeliveryCode. */
  code: string | null;
  message: string | null;
  awsRequestId: string | null;
}

/**
 * A cause in the words of the error catalogue, with the stream's name or ARN.
 * @param fault `awsCode` is as on the wire; `detail` is what AWS or the network said, if anything may be told of it.
 */
export function nameCause(fault: {
  code: DeliveryCode;
  stream: string;
  awsCode: string | null;
  detail: string | null;
  awsRequestId: string | null;
}): HealthCause {
  const { code, stream, awsCode, detail, awsRequestId } = fault;
  const { meaning, remedy } = DELIVERY_CODES[code];
  const words = [awsCode, detail].filter((part) => part !== null).join(': ');
  const reported = words === '' ? '' : ` Reported: ${words}`;
  return { code, message: `Stream ${stream}: ${meaning} ${remedy}${reported}`, awsRequestId };
}

/** A state of health with its cause. */
export interface HealthState extends HealthCause {
  status: HealthStatus;
}

/** Health as it is on the books. */
export interface CurrentHealth {
  status: string;
  /** When it took this status and code. */
  since: Date;
}

/** How much of what was sent lately was put back because the stream takes no more: `EASING` is neither much nor nothing. */
export type Pressure = 'NONE' | 'EASING' | 'HIGH';

/** What a PutRecords call showed. */
export interface CallEvidence {
  kind: 'CALL';
  /** A cause that no other record of the destination would escape. */
  halting: HealthCause | null;
  /** AWS stored a record. */
  delivered: boolean;
  /** AWS answered, be it that it takes no more. */
  answered: boolean;
  /** Why nothing was answered, if calls have gone unanswered for too long. */
  silence: HealthCause | null;
  pressure: Pressure;
  /** Of a record that was put back; null if none was. */
  throttling: HealthCause | null;
}

/** What a test showed. */
export interface TestEvidence {
  kind: 'TEST';
  /**
   * `UNPROVEN`: nothing is in the way as far as could be seen, but only a record shows whether the stream's key may be used.
   * `THROTTLED`: AWS answered, but not what was asked.
   */
  outcome: 'PASSED' | 'UNPROVEN' | 'FAILED' | 'THROTTLED' | 'UNKNOWN';
  /** Why it did not pass. */
  cause: HealthCause;
  /** `since` of the health when the test began: what came in between is newer than what the test saw. */
  sawSince: Date;
}

/** What says something about health. */
export type HealthEvidence = CallEvidence | TestEvidence;

/**
 * What becomes of a destination's health.
 * @returns null if the evidence changes nothing, and renews no halt.
 */
export function nextHealth(current: CurrentHealth, evidence: HealthEvidence): HealthState | null {
  return evidence.kind === 'CALL' ? afterCall(current, evidence) : afterTest(current, evidence);
}

const HEALTHY: HealthState = { status: 'HEALTHY', code: null, message: null, awsRequestId: null };
/** Records flow, and the first of them decides. */
const UNTESTED: HealthState = { ...HEALTHY, status: 'UNTESTED' };

function afterCall({ status }: CurrentHealth, call: CallEvidence): HealthState | null {
  if (call.halting) return { status: 'HALTED', ...call.halting };
  // A call that was under way when another one halted the destination opens it again only if AWS stored something.
  if (!call.delivered && status === 'HALTED') return null;
  if (call.silence && !call.answered) return status === 'DEGRADED' ? null : { status: 'DEGRADED', ...call.silence };
  if (!call.answered) return null;
  if (call.pressure === 'HIGH' && call.throttling)
    return status === 'THROTTLED' ? null : { status: 'THROTTLED', ...call.throttling };
  if (status === 'HEALTHY' || (status === 'THROTTLED' && call.pressure !== 'NONE')) return null;
  return call.delivered || status === 'DEGRADED' ? HEALTHY : null;
}

function afterTest(current: CurrentHealth, test: TestEvidence): HealthState | null {
  const isOutdated = current.since.getTime() !== test.sawSince.getTime();
  if (isOutdated && current.status === 'HALTED') return null;
  switch (test.outcome) {
    case 'FAILED':
      return { status: 'HALTED', ...test.cause };
    case 'THROTTLED':
      return null;
    case 'UNKNOWN':
      return current.status === 'HALTED' ? null : { status: 'DEGRADED', ...test.cause };
    case 'UNPROVEN':
      return current.status === 'HALTED' || current.status === 'DEGRADED' ? UNTESTED : null;
    case 'PASSED':
      // A test writes nothing: it cannot know whether the stream takes more by now.
      return current.status === 'THROTTLED' || current.status === 'HEALTHY' ? null : HEALTHY;
    default:
      return assertNever(test.outcome);
  }
}

function assertNever(value: never): never {
  throw new TypeError(`Unexpected outcome: ${JSON.stringify(value)}`);
}
