/** Codes of failures, skips, deferrals, halts and warnings: one table for the engine, the schema and the docs. */

/** Where a code occurs. */
export type DeliveryCodeKind = 'FAILURE' | 'SKIP' | 'DEFERRAL' | 'HALT' | 'WARNING';

/** What a code means and what to do. */
export interface DeliveryCodeEntry {
  kind: DeliveryCodeKind;
  meaning: string;
  remedy: string;
  /** Whether trying again, unchanged, can help. */
  retryable: boolean;
}

const failure = (meaning: string, remedy: string, retryable: boolean): DeliveryCodeEntry => ({
  kind: 'FAILURE',
  meaning,
  remedy,
  retryable,
});
const skip = (meaning: string, remedy = 'Nothing: this is a rule, not a fault.'): DeliveryCodeEntry => ({
  kind: 'SKIP',
  meaning,
  remedy,
  retryable: false,
});
const deferral = (meaning: string, remedy: string): DeliveryCodeEntry => ({
  kind: 'DEFERRAL',
  meaning,
  remedy,
  retryable: true,
});
const halt = (meaning: string, remedy: string): DeliveryCodeEntry => ({
  kind: 'HALT',
  meaning,
  remedy,
  retryable: true,
});

const warning = (meaning: string, remedy: string): DeliveryCodeEntry => ({
  kind: 'WARNING',
  meaning,
  remedy,
  retryable: false,
});

/** Every code with its catalogue entry. */
export const DELIVERY_CODES = {
  RECORD_TOO_LARGE: failure(
    "Data and partition key together exceed the stream's record size limit.",
    "Map fewer attributes, or raise the stream's limit; then retry the failed records.",
    false,
  ),
  RECORD_REFUSED: failure(
    'AWS refuses this very record as invalid.',
    "Read `message` and `awsCode`, mend the profile or the destination's settings, then retry the failed record.",
    false,
  ),
  RETRIES_EXHAUSTED: failure(
    'An error that the product does not know outlasted its budget of 300 attempts.',
    'Read `awsCode` and give `awsRequestId` to AWS support; then retry the failed record.',
    true,
  ),
  NOT_A_MEMBER: skip('The profile is not a present member of an activated segment any more.'),
  NOT_TRIGGERED: skip('The change touches nothing that triggers a delivery. Simulations only.'),
  CONSENT_REFUSED: skip("The profile's consent attribute does not permit its export."),
  PROFILE_DELETED: skip('The profile was erased.'),
  SEGMENT_UNMAPPED: skip('The segment was taken out of the activation.'),
  SEGMENT_MAPPED_AGAIN: skip('The segment whose exit was to be sent is part of the activation again.'),
  CHANGES_DISCARDED: skip(
    'The activation was resumed with DISCARD.',
    'Trigger an export if the present state is wanted after all.',
  ),
  ACTIVATION_DELETED: skip('The activation was deleted.'),
  EXPORT_CANCELED: skip('The export was canceled.', 'Trigger a new export if the records are still wanted.'),
  FAILED_RECORD_DISCARDED: skip('The failed record was discarded.'),
  THROTTLED: deferral(
    'The shard or stream is over its throughput.',
    'Nothing: records go again by themselves. Add shards if it lasts.',
  ),
  KMS_THROTTLED: deferral(
    'AWS KMS is over its throughput.',
    'Nothing: records go again by themselves. Ask AWS for a higher KMS quota if it lasts.',
  ),
  AWS_UNAVAILABLE: deferral(
    'AWS answered 5xx, or there was no connection, or no session of the role just now.',
    'Nothing: records go again by themselves. Check the network and the AWS status page if it lasts.',
  ),
  OUTCOME_UNKNOWN: deferral(
    'No readable answer came in time; the record may be in the stream, and sending it again may duplicate it.',
    'Nothing: records go again by themselves; consumers drop copies by `recordId`.',
  ),
  REQUEST_REFUSED: deferral(
    'AWS refuses whole requests, with a code that says nothing that the product knows a remedy for; nothing of them was stored.',
    'Nothing is lost: records wait, and go again by themselves. Look up the code that is reported, and give `awsRequestId` to AWS support if it lasts.',
  ),
  UNKNOWN_ERROR: deferral(
    'AWS refused this very record with a code that the product does not know.',
    'Nothing at first: it goes again, 300 times in all, and then fails with RETRIES_EXHAUSTED.',
  ),
  RECORD_LIMIT_CHANGED: deferral(
    "The stream's record size limit has changed since the record was built.",
    'Nothing: the record is built anew, and trimmed or failed by the limit that holds now.',
  ),
  CREDENTIAL_EXPIRED: halt('The credential has expired.', 'Give the credential a new secret.'),
  CREDENTIAL_REFUSED: halt(
    'AWS does not know the access key, or the secret is wrong.',
    'Check the access key at AWS IAM and give the credential a valid one.',
  ),
  CREDENTIAL_UNREADABLE: halt(
    'The stored secret does not open: its row was changed, or a process of this server lacks the encryption key.',
    'Rotate the credential to a new secret. If several do not open, ask the operator to start all processes with the same encryption keys.',
  ),
  ROLE_NOT_ASSUMABLE: halt(
    "The role cannot be assumed with the workspace's external id.",
    "Give the role the trust policy that `Workspace.trustPolicy` shows. If it has it, ask this server's operator whether its own AWS identity may call sts:AssumeRole on the role.",
  ),
  EXTERNAL_ID_NOT_REQUIRED: halt(
    "The role can be assumed without the workspace's external id, so that other customers of this server could use it.",
    "Require the external id in the role's trust policy, by the condition that `Workspace.trustPolicy` shows.",
  ),
  OWN_IDENTITY_UNAVAILABLE: halt(
    'This server has no AWS identity of its own to use, or its operator lets no such credential use it.',
    "Ask the operator to set OWN_IDENTITY and to check the server's own AWS credentials, or use an access key.",
  ),
  CLOCK_SKEWED: halt("This server's clock is too far from AWS's.", "Set the server's clock (NTP)."),
  ACCESS_DENIED: halt(
    'A permission is missing.',
    "Add it to the credential's IAM policy: deliveries need kinesis:PutRecords on the stream; what AWS reported, and a test, name the one that is missing.",
  ),
  KMS_ACCESS_DENIED: halt(
    "The permission for the stream's KMS key is missing.",
    "Add kms:GenerateDataKey on the stream's key to the IAM policy.",
  ),
  KMS_KEY_DISABLED: halt("The stream's KMS key is disabled.", 'Enable the key at AWS KMS.'),
  KMS_KEY_INVALID_STATE: halt(
    "The stream's KMS key is in a state that forbids its use.",
    'Bring the key back to the state Enabled at AWS KMS.',
  ),
  KMS_KEY_NOT_FOUND: halt("The stream's KMS key does not exist.", 'Give the stream another key at Amazon Kinesis.'),
  KMS_NOT_SUBSCRIBED: halt('The AWS account is not subscribed to KMS.', 'Subscribe the AWS account to KMS.'),
  STREAM_NOT_FOUND: halt(
    'The stream does not exist in this region.',
    "Create the stream, or change the destination's stream or region.",
  ),
  STREAM_NOT_ACTIVE: halt('The stream is being created or deleted.', 'Wait until the stream is ACTIVE.'),
  CREDENTIAL_EXPIRING: warning(
    'The credential expires within 14 days, or should have expired, by its `expiresAt`.',
    'Rotate the credential to a new secret, or correct its `expiresAt`.',
  ),
} as const satisfies Record<string, DeliveryCodeEntry>;

/** Why a record failed, was skipped or waits, why a destination halts, or what will need a person. */
export type DeliveryCode = keyof typeof DELIVERY_CODES;

/** Whether a text is a {@link DeliveryCode}. */
export function isDeliveryCode(text: string): text is DeliveryCode {
  return Object.hasOwn(DELIVERY_CODES, text);
}
