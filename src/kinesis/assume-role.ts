/**
 * Assumes roles with an external id, and only those that refuse whoever does not know it: another customer, who names the
 * role of this one, must not get in through us (the confused deputy).
 */

import { randomBytes } from 'node:crypto';
import { AssumeRoleCommand, type AssumeRoleCommandOutput, type STSClient } from '@aws-sdk/client-sts';
import { type CallFault, readCallFault } from './call-fault.js';
import { withKeys } from './key-use.js';
import { type KeySource, NoKeysError } from './keys.js';
import type { RoleSession } from './session-keys.js';
import { withStsClient } from './sts.js';

/** A role, and what we have to say to get in. */
export interface RoleRequest {
  readonly roleArn: string;
  readonly externalId: string;
  /** Whose STS is asked. */
  readonly region: string;
}

/** Gets a session of a role, within 4 s. @throws {NoKeysError} */
export type AssumeRole = (request: RoleRequest) => Promise<RoleSession>;

/** A session's life: the longest that every role allows, also to a caller who is a role himself. */
const SESSION_SECONDS = 3_600;
/** For all calls together: less than a PutRecords attempt, which waits for them. */
const DEADLINE_MS = 4_000;
const SESSION_NAME = 'tributary';

/**
 * Makes the caller of STS.
 * @param own who asks: this process.
 * @param endpoint another address than AWS's; null is each region's own.
 */
export function createRoleAssumer({ own, endpoint }: { own: KeySource; endpoint: string | null }): AssumeRole {
  return ({ region, roleArn, externalId }) =>
    withStsClient({ region, keys: own, endpoint }, async (client) => {
      const signal = AbortSignal.timeout(DEADLINE_MS);
      const session = await getSession(() => assume(client, { roleArn, externalId }, signal), { own, signal });
      // Without any, and with one that nobody was issued: a trust policy may ask for some id, whichever.
      const others = [undefined, `tributary-${randomBytes(24).toString('base64url')}`];
      await Promise.all(others.map((other) => requireRefusal(assume(client, { roleArn, externalId: other }, signal))));
      return session;
    });
}

async function getSession(
  call: () => Promise<AssumeRoleCommandOutput>,
  { own, signal }: { own: KeySource; signal: AbortSignal },
): Promise<RoleSession> {
  const answer = await withKeys(own, signal, call).catch((error: unknown) => {
    throw new NoKeysError(readRefusal(error), { cause: error });
  });
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = answer.Credentials ?? {};
  if (AccessKeyId && SecretAccessKey && SessionToken && Expiration)
    return {
      keys: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken },
      expiresAtMs: Expiration.getTime(),
    };
  throw new NoKeysError({ kind: 'unreachable', reason: 'AssumeRole was answered without keys', awsRequestId: null });
}

/** @throws {NoKeysError} unless the role refuses the caller. */
async function requireRefusal(call: Promise<AssumeRoleCommandOutput>): Promise<void> {
  let awsRequestId: string | null;
  try {
    awsRequestId = (await call).$metadata.requestId ?? null;
  } catch (error) {
    // Nothing but a denial shows that the id is what is missing.
    const fault = readCallFault(error);
    if (fault.kind === 'refused' && fault.cause === 'ACCESS_DENIED') return;
    throw new NoKeysError(readRefusal(error), { cause: error });
  }
  throw new NoKeysError({ kind: 'refused', cause: 'EXTERNAL_ID_NOT_REQUIRED', awsCode: null, awsRequestId });
}

function assume(
  client: STSClient,
  { roleArn, externalId }: { roleArn: string; externalId: string | undefined },
  signal: AbortSignal,
): Promise<AssumeRoleCommandOutput> {
  const command = new AssumeRoleCommand({
    RoleArn: roleArn,
    RoleSessionName: SESSION_NAME,
    DurationSeconds: SESSION_SECONDS,
    ExternalId: externalId,
  });
  return client.send(command, { abortSignal: signal });
}

/** What STS refuses is the role, but for what concerns this process, its clock and its pace. */
function readRefusal(error: unknown): CallFault {
  const fault = readCallFault(error);
  if (fault.kind === 'unreachable') return fault;
  switch (fault.cause) {
    case 'CREDENTIAL_EXPIRED':
    case 'CREDENTIAL_REFUSED':
      return { ...fault, cause: 'OWN_IDENTITY_UNAVAILABLE' };
    case 'OWN_IDENTITY_UNAVAILABLE':
    case 'CLOCK_SKEWED':
    case 'THROTTLED':
      return fault;
    default:
      return { ...fault, cause: 'ROLE_NOT_ASSUMABLE' };
  }
}
