/** What a look at a stream says about whether records can be delivered to it. Pure. */

import type { CallFault, Finding } from '../kinesis/call-fault.js';
import type { StreamSummary } from '../kinesis/client.js';
import type { StreamInspection } from '../kinesis/inspection.js';
import { WITHOUT_KEYS } from './aws-error.js';
import { DELIVERY_CODES } from './delivery-code.js';
import { statementFor } from './iam-statement.js';
import { type KinesisStream, toKinesisStream } from './kinesis-stream.js';

/** What came of a check. */
export type CheckStatus = 'PASSED' | 'WARNING' | 'FAILED' | 'UNKNOWN';

/** What a check is about. */
export type CheckSubject = 'IDENTITY' | 'STREAM' | 'ENCRYPTION' | 'PERMISSION';

/** One check of a test; each permission is a check of its own. */
export interface DestinationCheck {
  subject: CheckSubject;
  /** Such as `kinesis:PutRecords`; null if the check is not about one. */
  permission: string | null;
  status: CheckStatus;
  /** A DeliveryCode: what is wrong; null if nothing, or if no code says it. */
  code: string | null;
  /** What was found, and what to do if it is not well. */
  message: string;
  awsRequestId: string | null;
  /** The IAM policy statement that would mend it; null if none would. */
  policyStatement: Record<string, unknown> | null;
}

/** The result of checking a destination without writing a record. */
export interface DestinationTest {
  testedAt: Date;
  /** AWS said that records may be put, and nothing else is in the way. */
  passed: boolean;
  /** An ARN; null if it could not be told. */
  awsIdentity: string | null;
  /** Null if it could not be described. */
  stream: KinesisStream | null;
  checks: DestinationCheck[];
}

/** The stream that was looked at. */
export interface InspectedStream {
  region: string;
  /** Name or ARN, as given. */
  stream: string;
}

/** A stream, and the statement of the role's trust policy that lets us look; null if the credential is no role. */
interface Inspected extends InspectedStream {
  trustStatement: Record<string, unknown> | null;
}

/** Judges what was found. */
export function judgeInspection(at: Inspected, found: StreamInspection, testedAt: Date): DestinationTest {
  const awsIdentity = 'value' in found.identity ? found.identity.value : null;
  const place = { ...at, awsIdentity };
  const checks = [
    checkIdentity(at, found),
    checkStream(at, found),
    checkEncryption(place, found),
    checkWritePermission(place, found.write),
    checkOptionalPermission(place, 'kinesis:DescribeStreamSummary', found.summary),
    checkOptionalPermission(place, 'kinesis:ListShards', found.shards),
  ];
  const mayWrite = checks.some((check) => check.permission === 'kinesis:PutRecords' && check.status === 'PASSED');
  return {
    testedAt,
    passed: mayWrite && checks.every((check) => check.status !== 'FAILED'),
    awsIdentity,
    stream: 'value' in found.summary ? toKinesisStream(found.summary.value) : null,
    checks,
  };
}

/** A stream as seen by somebody, who may have told his account. */
interface Place extends InspectedStream {
  awsIdentity: string | null;
}

/** Causes that the role's trust policy mends. */
const OF_ROLE: readonly string[] = ['ROLE_NOT_ASSUMABLE', 'EXTERNAL_ID_NOT_REQUIRED'];
/** Causes that say that AWS takes nothing that the credential signs, or that it signs nothing. */
const OF_CREDENTIAL: readonly string[] = ['CREDENTIAL_EXPIRED', 'CREDENTIAL_REFUSED', 'CLOCK_SKEWED', ...WITHOUT_KEYS];
const OF_KEY: readonly string[] = [
  'KMS_ACCESS_DENIED',
  'KMS_KEY_DISABLED',
  'KMS_KEY_INVALID_STATE',
  'KMS_KEY_NOT_FOUND',
  'KMS_NOT_SUBSCRIBED',
];

function checkIdentity({ trustStatement }: Inspected, { identity, write }: StreamInspection): DestinationCheck {
  const refused = [faultOf(identity), faultOf(write)].find((fault) => isOneOf(fault, OF_CREDENTIAL));
  if (refused)
    return { ...failed('IDENTITY', refused), policyStatement: isOneOf(refused, OF_ROLE) ? trustStatement : null };
  if ('value' in identity) {
    const role = trustStatement ? " The role refuses whoever does not know this workspace's external id." : '';
    return passed('IDENTITY', `AWS knows the credential as ${identity.value}.${role}`);
  }
  const reason = nameOf(identity.fault);
  return unknown(
    'IDENTITY',
    identity.fault,
    `AWS STS did not tell who the credential is (${reason}); deliveries do not need it.`,
  );
}

function checkStream(at: InspectedStream, { summary, write }: StreamInspection): DestinationCheck {
  const missing = [faultOf(summary), faultOf(write)].find((fault) =>
    isOneOf(fault, ['STREAM_NOT_FOUND', 'STREAM_NOT_ACTIVE']),
  );
  if (missing) return failed('STREAM', missing);
  if ('value' in summary) return checkState(at, summary.value);
  if ('value' in write) return passed('STREAM', `Stream ${at.stream} takes records; its state could not be read.`);
  return unknown('STREAM', write.fault, `Whether stream ${at.stream} exists in ${at.region} could not be told.`);
}

function checkState({ stream, region }: InspectedStream, { status }: StreamSummary): DestinationCheck {
  if (status === 'CREATING' || status === 'DELETING') {
    const { meaning, remedy } = DELIVERY_CODES.STREAM_NOT_ACTIVE;
    return { ...passed('STREAM', `${meaning} ${remedy}`), status: 'FAILED', code: 'STREAM_NOT_ACTIVE' };
  }
  return passed('STREAM', `Stream ${stream} in ${region} is ${status ?? 'there'}.`);
}

/** The dry run is refused for its record: whether AWS has asked for the key by then, nobody has seen at AWS yet. */
function checkEncryption(place: Place, { summary, write }: StreamInspection): DestinationCheck {
  const fault = faultOf(write);
  if (fault && isOneOf(fault, OF_KEY)) {
    const mends = fault.kind === 'refused' && fault.cause === 'KMS_ACCESS_DENIED';
    return { ...failed('ENCRYPTION', fault), ...(mends && needsKey(place)) };
  }
  const keyId = 'value' in summary ? summary.value.kmsKeyId : null;
  if (keyId !== null)
    return {
      ...unknown(
        'ENCRYPTION',
        null,
        `Encrypted with ${keyId}. The first record shows whether the credential may use the key: it needs kms:GenerateDataKey.`,
      ),
      ...needsKey(place),
    };
  if ('value' in summary) return passed('ENCRYPTION', 'The stream is not encrypted.');
  return unknown('ENCRYPTION', null, 'Whether the stream is encrypted could not be read.');
}

function needsKey(place: Place): Pick<DestinationCheck, 'permission' | 'policyStatement'> {
  const permission = 'kms:GenerateDataKey';
  return { permission, policyStatement: statementFor(permission, place) };
}

function checkWritePermission(place: Place, write: Finding<true>): DestinationCheck {
  const permission = 'kinesis:PutRecords';
  if ('value' in write)
    return {
      ...passed('PERMISSION', `${permission} is allowed: a dry run was let through, and no record written.`),
      permission,
    };
  const { fault } = write;
  if (isOneOf(fault, ['ACCESS_DENIED']))
    return {
      ...failed('PERMISSION', fault),
      message: `${permission} is not allowed (${nameOf(fault)}): nothing can be delivered. Add it to the credential's IAM policy.`,
      permission,
      policyStatement: statementFor(permission, place),
    };
  // The key is asked for after the permission.
  if (isOneOf(fault, OF_KEY)) return { ...passed('PERMISSION', `${permission} is allowed.`), permission };
  const message = `Whether ${permission} is allowed could not be told (${nameOf(fault)}): mend what failed above, or try again.`;
  return { ...unknown('PERMISSION', fault, message), code: codeOfUntold(fault), permission };
}

/** Why a dry run did not tell; null if a check above says so already. */
function codeOfUntold(fault: CallFault): string | null {
  if (fault.kind === 'unreachable') return 'AWS_UNAVAILABLE';
  if (fault.cause === null) return 'REQUEST_REFUSED';
  return fault.cause === 'THROTTLED' || fault.cause === 'KMS_THROTTLED' ? fault.cause : null;
}

function checkOptionalPermission(place: Place, permission: string, call: Finding<unknown>): DestinationCheck {
  if ('value' in call) return { ...passed('PERMISSION', `${permission} is allowed.`), permission };
  const { fault } = call;
  if (!isOneOf(fault, ['ACCESS_DENIED']))
    return {
      ...unknown('PERMISSION', fault, `Whether ${permission} is allowed could not be told (${nameOf(fault)}).`),
      permission,
    };
  return {
    ...failed('PERMISSION', fault),
    status: 'WARNING',
    message: `${permission} is not allowed: records are delivered all the same, but what it reads cannot be shown. Add it to the IAM policy.`,
    permission,
    policyStatement: statementFor(permission, place),
  };
}

function faultOf(finding: Finding<unknown>): CallFault | null {
  return 'fault' in finding ? finding.fault : null;
}

function isOneOf(fault: CallFault | null, causes: readonly string[]): boolean {
  return fault?.kind === 'refused' && fault.cause !== null && causes.includes(fault.cause);
}

function nameOf(fault: CallFault): string {
  return fault.kind === 'refused' ? (fault.awsCode ?? fault.cause ?? 'refused') : fault.reason;
}

function passed(subject: CheckSubject, message: string): DestinationCheck {
  return {
    subject,
    permission: null,
    status: 'PASSED',
    code: null,
    message,
    awsRequestId: null,
    policyStatement: null,
  };
}

function failed(subject: CheckSubject, fault: CallFault): DestinationCheck {
  const code = fault.kind === 'refused' ? fault.cause : 'AWS_UNAVAILABLE';
  const entry = code === null ? null : DELIVERY_CODES[code];
  const message = entry ? `${entry.meaning} (${nameOf(fault)}) ${entry.remedy}` : nameOf(fault);
  return { ...passed(subject, message), status: 'FAILED', code, awsRequestId: fault.awsRequestId };
}

function unknown(subject: CheckSubject, fault: CallFault | null, message: string): DestinationCheck {
  const code = fault?.kind === 'unreachable' ? 'AWS_UNAVAILABLE' : null;
  return { ...passed(subject, message), status: 'UNKNOWN', code, awsRequestId: fault?.awsRequestId ?? null };
}
