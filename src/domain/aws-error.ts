/** What a call to AWS came to, as an error for the caller. */

import type { CallFault } from '../kinesis/call-fault.js';
import { DELIVERY_CODES } from './delivery-code.js';
import { AwsError } from './user-error.js';

/** The longest that a request waits for AWS, in milliseconds. */
export const AWS_DEADLINE_MS = 10_000;

/** A call to AWS, for people. */
export interface AwsCall {
  /** What was asked, as the end of "refused to …", such as `list the shards of stream orders`. */
  what: string;
  /** What the credential needs for it, such as `kinesis:ListShards`. */
  permission: string;
  /** The IAM policy statement that gives it. */
  policyStatement: Record<string, unknown>;
  /** The argument behind it. */
  path: string[];
}

/** The error for a call that failed. */
export function toAwsError(fault: CallFault, call: AwsCall): AwsError {
  const { awsRequestId } = fault;
  if (fault.kind === 'unreachable') {
    const message = `Amazon Kinesis could not be asked to ${call.what} (${fault.reason}): there was no readable answer within ${AWS_DEADLINE_MS / 1_000} s. Check the region and the network, then try again.`;
    return new AwsError('AWS_UNREACHABLE', message, {
      path: call.path,
      awsRequestId,
      reason: null,
      ...NOTHING_MISSING,
    });
  }
  const { permission, policyStatement } = fault.cause === 'ACCESS_DENIED' ? call : NOTHING_MISSING;
  const code = fault.awsCode === null ? '' : ` (${fault.awsCode})`;
  const message = `${isUnsigned(fault) ? 'There are no keys' : 'Amazon Kinesis refused'} to ${call.what}${code}. ${remedy(fault, call)}`;
  const about = { path: call.path, awsRequestId, reason: fault.cause, permission, policyStatement };
  return new AwsError('AWS_REFUSED', message, about);
}

const NOTHING_MISSING = { permission: null, policyStatement: null };

/** Causes for which it never comes to a call: the credential gives no keys to sign it with. */
export const WITHOUT_KEYS: readonly string[] = [
  'CREDENTIAL_UNREADABLE',
  'ROLE_NOT_ASSUMABLE',
  'EXTERNAL_ID_NOT_REQUIRED',
  'OWN_IDENTITY_UNAVAILABLE',
];

function isUnsigned({ cause }: Extract<CallFault, { kind: 'refused' }>): boolean {
  return cause !== null && WITHOUT_KEYS.includes(cause);
}

function remedy({ cause }: Extract<CallFault, { kind: 'refused' }>, call: AwsCall): string {
  switch (cause) {
    case 'ACCESS_DENIED':
      return `The credential lacks a permission: add ${call.permission} to its IAM policy.`;
    case 'THROTTLED':
    case 'KMS_THROTTLED':
      return 'Too many such calls were made in the account: try again in a few seconds.';
    case null:
      return "Check the destination's stream and region.";
    default:
      return `${DELIVERY_CODES[cause].meaning} ${DELIVERY_CODES[cause].remedy}`;
  }
}
