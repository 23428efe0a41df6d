/** Rotation of credentials without a gap: a new secret is asked for at AWS, then used; the old one can be brought back. */

import type { Finding } from '../kinesis/call-fault.js';
import type { RegionAccess } from '../kinesis/inspection.js';
import type { AwsIdentity } from '../kinesis/keys.js';
import {
  type CredentialVersions,
  erasePreviousSecret,
  listCredentialUsers,
  lockCredentialVersions,
  replaceSecret,
  swapSecrets,
} from '../storage/credential-rotation.js';
import { findCredential, loadSecret } from '../storage/credentials.js';
import type { Db } from '../storage/database.js';
import { AWS_DEADLINE_MS, toAwsError } from './aws-error.js';
import { type Credential, type CredentialKind, getCredential, SECRET_FIELD, versionConflict } from './credential.js';
import { type CheckedSecret, checkNewSecret, type NewSecretInput } from './credential-input.js';
import type { DestinationTests } from './destination-test.js';
import { statementForAll } from './iam-statement.js';
import type { RotatedCredential } from './rotation-key.js';
import type { SecretSeal } from './secret-seal.js';
import { runTransaction } from './transaction.js';
import { InvalidStateError } from './user-error.js';

/** A credential at the version that the caller read. */
export interface CredentialAtVersion {
  id: number;
  expectedVersion: number;
}

/** Input of {@link CredentialRotations.rotate}. */
export type CredentialRotation = CredentialAtVersion & NewSecretInput;

/**
 * Changes which secret a credential uses, from the next PutRecords call on. The destinations that use it are tested with
 * it afterwards, and halted ones that pass resume.
 */
export interface CredentialRotations {
  /**
   * Puts a new secret or role in use; the old one is kept as the previous.
   * @throws {InvalidInputError} @throws {NotFoundError} @throws {ConflictError} VERSION_CONFLICT.
   * @throws {AwsError} AWS does not take it; nothing changed.
   */
  rotate(workspaceId: number, input: CredentialRotation): Promise<Credential>;
  /**
   * Lets the secret in use and the previous one change places.
   * @throws {NotFoundError} @throws {ConflictError} VERSION_CONFLICT. @throws {InvalidStateError} NO_PREVIOUS_VERSION.
   */
  revert(workspaceId: number, input: CredentialAtVersion): Promise<Credential>;
  /** Erases the previous secret for good. @throws as {@link revert}. */
  complete(workspaceId: number, input: CredentialAtVersion): Promise<Credential>;
}

/** What the service is made from. */
export interface CredentialRotationOptions {
  db: Db;
  seal: SecretSeal;
  /** Asks AWS who an identity is; joined in `services.ts`. */
  inspector: { identify(access: RegionAccess, signal: AbortSignal): Promise<Finding<string>> };
  tests: Pick<DestinationTests, 'test'>;
  /** Tells the workers, after a commit, so that the very next call to AWS is signed with the other secret. */
  announceRotation(rotated: RotatedCredential): void;
}

/** Destinations that are tested at once after a change; others find out by themselves when they are next delivered to. */
const MAX_TESTS = 20;

/** Makes the service. */
export function createCredentialRotations(options: CredentialRotationOptions): CredentialRotations {
  const { db } = options;
  return {
    async rotate(workspaceId, input) {
      const secret = checkNewSecret(input, await checkVersion(db, workspaceId, input));
      await askWhoItIs(options, input.id, secret);
      const rotated = await change(db, { ...input, workspaceId }, (tx, versions) =>
        replaceSecret(tx, input.id, sealAs(options.seal, { workspaceId, id: input.id, secret, versions })),
      );
      return await afterTests(options, workspaceId, rotated);
    },

    async revert(workspaceId, input) {
      const reverted = await change(db, { ...input, workspaceId }, async (tx, versions) => {
        await requirePrevious(tx, { workspaceId, id: input.id, versions });
        await swapSecrets(tx, input.id);
      });
      return await afterTests(options, workspaceId, reverted);
    },

    complete: (workspaceId, input) =>
      change(db, { ...input, workspaceId }, async (tx, versions) => {
        await requirePrevious(tx, { workspaceId, id: input.id, versions });
        await erasePreviousSecret(tx, input.id);
      }),
  };
}

/** Before AWS is asked, so that what is refused anyway costs no call. It is checked again under the lock. */
async function checkVersion(
  db: Db,
  workspaceId: number,
  { id, expectedVersion }: CredentialAtVersion,
): Promise<CredentialKind> {
  const credential = await getCredential(db, workspaceId, id);
  if (credential.version !== expectedVersion) throw versionConflict(credential, expectedVersion);
  return credential.kind;
}

/** Asks in the region of a destination that uses the credential; without one there is nobody to ask for. */
async function askWhoItIs(
  { db, inspector }: CredentialRotationOptions,
  id: number,
  secret: CheckedSecret,
): Promise<void> {
  const [user] = await listCredentialUsers(db, id, 1);
  if (!user) return;
  const identity = await identityOf(db, id, secret);
  const found = await inspector.identify({ region: user.region, identity }, AbortSignal.timeout(AWS_DEADLINE_MS));
  if ('value' in found) return;
  const path = ['input', secret.kind === 'ASSUME_ROLE' ? 'roleArn' : 'secretAccessKey'];
  const what = secret.kind === 'ASSUME_ROLE' ? 'tell who the new role is' : 'tell who the new key is';
  const permission = 'sts:GetCallerIdentity';
  throw toAwsError(found.fault, { what, permission, policyStatement: statementForAll(permission), path });
}

/** A new role is assumed with the external id that the present one is. */
async function identityOf(db: Db, id: number, secret: CheckedSecret): Promise<AwsIdentity> {
  if (secret.kind === 'ACCESS_KEY') return secret;
  const stored = await loadSecret(db, id);
  if (stored?.identity.kind === 'ASSUME_ROLE') return { ...stored.identity, roleArn: secret.roleArn };
  throw new Error(`Credential ${id} was deleted while it was read.`);
}

/** Changes a credential that is still at the expected version. */
async function change(
  db: Db,
  { workspaceId, id, expectedVersion }: CredentialAtVersion & { workspaceId: number },
  work: (tx: Db, versions: CredentialVersions) => Promise<void>,
): Promise<Credential> {
  return await runTransaction(db, async (tx) => {
    const versions = await lockCredentialVersions(tx, workspaceId, id);
    if (versions?.version !== expectedVersion)
      throw versionConflict(await getCredential(tx, workspaceId, id), expectedVersion);
    await work(tx, versions);
    return await getCredential(tx, workspaceId, id);
  });
}

interface Sealing {
  workspaceId: number;
  id: number;
  secret: CheckedSecret;
  versions: CredentialVersions;
}

function sealAs(seal: SecretSeal, { workspaceId, id, secret, versions }: Sealing) {
  const { nextSecretVersion: secretVersion } = versions;
  const binding = { workspaceId, credentialId: id, field: SECRET_FIELD, version: secretVersion };
  const { expiresAt } = secret;
  if (secret.kind === 'ASSUME_ROLE')
    return { accessKeyId: null, sealed: null, roleArn: secret.roleArn, secretVersion, expiresAt };
  const sealed = seal.seal(secret.secretAccessKey, binding);
  return { accessKeyId: secret.accessKeyId, sealed, roleArn: null, secretVersion, expiresAt };
}

async function requirePrevious(
  tx: Db,
  { workspaceId, id, versions }: { workspaceId: number; id: number; versions: CredentialVersions },
): Promise<void> {
  if (versions.hasPrevious) return;
  const { name } = await getCredential(tx, workspaceId, id);
  const message = `Credential ${name} has no previous version: it was never rotated, or the old secret was erased.`;
  throw new InvalidStateError('NO_PREVIOUS_VERSION', message, {
    path: ['input', 'id'],
    current: { kind: 'Credential', id },
  });
}

/** After the commit: AWS may take its time, and what it says does not undo the change. */
async function afterTests(
  { db, tests, announceRotation }: CredentialRotationOptions,
  workspaceId: number,
  changed: Credential,
): Promise<Credential> {
  announceRotation({ credentialId: changed.id, version: changed.version });
  const users = await listCredentialUsers(db, changed.id, MAX_TESTS);
  await Promise.all(users.map(({ destinationId }) => tests.test(workspaceId, destinationId)));
  return (await findCredential(db, workspaceId, changed.id)) ?? changed;
}
