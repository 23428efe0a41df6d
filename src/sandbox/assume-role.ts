/** AssumeRole of AWS STS: temporary keys for a role, if its trust policy lets the caller in. */

import { AwsError, constraintBroken } from './aws-error.js';
import { assumedRoleArn, callerArn } from './caller-identity.js';
import { escapeXml, queryResultBody } from './query-protocol.js';
import type { Operation } from './request-context.js';
import { findText, getText, type WireInput } from './wire-input.js';

/** Bounds of a session's life in seconds, and what it is unless said. */
const LEAST_SECONDS = 900;
const MOST_SECONDS = 43_200;
const DEFAULT_SECONDS = '3600';

/** Gives out a session of a role. @throws {AwsError} `ValidationError`, `AccessDenied`. */
export const assumeRole: Operation = (input, context) => {
  const { state } = context;
  const roleArn = getText(input, 'RoleArn');
  const session = state.sessions.assume({
    roleArn,
    name: getText(input, 'RoleSessionName'),
    externalId: findText(input, 'ExternalId'),
    expiresAt: state.now() + readSeconds(input) * 1_000,
  });
  if (!session) {
    const message = `User: ${callerArn(context)} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`;
    throw new AwsError('AccessDenied', message, 403);
  }
  const { accessKeyId, secretAccessKey, sessionToken, expiresAt } = session;
  return queryResultBody(
    'AssumeRole',
    `<Credentials><AccessKeyId>${accessKeyId}</AccessKeyId><SecretAccessKey>${secretAccessKey}</SecretAccessKey>` +
      `<SessionToken>${sessionToken}</SessionToken><Expiration>${new Date(expiresAt).toISOString()}</Expiration></Credentials>` +
      `<AssumedRoleUser><AssumedRoleId>AROASANDBOXSANDBOX000:${escapeXml(session.name)}</AssumedRoleId>` +
      `<Arn>${escapeXml(assumedRoleArn(session))}</Arn></AssumedRoleUser>`,
  );
};

function readSeconds(input: WireInput): number {
  const seconds = Number(findText(input, 'DurationSeconds') ?? DEFAULT_SECONDS);
  if (seconds >= LEAST_SECONDS && seconds <= MOST_SECONDS) return seconds;
  throw constraintBroken('durationSeconds', `be between ${LEAST_SECONDS} and ${MOST_SECONDS}`);
}
