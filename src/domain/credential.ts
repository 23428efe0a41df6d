/** Credentials: authenticated identities at AWS. The secret goes in and never comes out. */

import type { AwsIdentity } from '../kinesis/keys.js';
import {
  deleteCredentialRow,
  findCredential,
  insertCredential,
  lockCredential,
  reserveCredentialId,
  type SecretVersion,
  type StoredSecret,
  touchCredential,
  updateCredentialRow,
} from '../storage/credentials.js';
import type { Db } from '../storage/database.js';
import { hasDestinationWithCredential } from '../storage/destinations.js';
import {
  type CheckedCredential,
  type CredentialChange,
  checkCredentialChange,
  checkNewCredential,
  type NewCredential,
} from './credential-input.js';
import { keyReused, runOnce } from './idempotency.js';
import { type SecretSeal, SecretUnreadableError } from './secret-seal.js';
import { runTransaction } from './transaction.js';
import { ConflictError, InvalidStateError, NotFoundError } from './user-error.js';

/** How a credential authenticates. */
export type CredentialKind = Exclude<AwsIdentity['kind'], 'UNREADABLE'>;

/** The secret or role that was in use before, without the secret itself. */
export interface PreviousVersion {
  /** Null unless ACCESS_KEY. */
  accessKeyIdLast4: string | null;
  /** Null unless ASSUME_ROLE. */
  roleArn: string | null;
  createdAt: Date;
  expiresAt: Date | null;
  lastUsedAt: Date | null;
}

/** A credential as it is stored, without its secret. */
export interface Credential {
  id: number;
  workspaceId: number;
  name: string;
  kind: CredentialKind;
  version: number;
  /** Null unless ACCESS_KEY. */
  accessKeyIdLast4: string | null;
  /** Null unless ASSUME_ROLE. */
  roleArn: string | null;
  /** When the secret or role in use was added. */
  secretCreatedAt: Date;
  expiresAt: Date | null;
  lastUsedAt: Date | null;
  /** Null if it was never rotated, or the old secret was erased. */
  previous: PreviousVersion | null;
  createdAt: Date;
  updatedAt: Date;
}

/** What an identity at AWS is opened from. */
export type SealedIdentity = Omit<StoredSecret, 'version'>;

/** Changes credentials of one workspace at a time. */
export interface Credentials {
  /** Kinds that the operator allows. */
  readonly kinds: readonly CredentialKind[];
  /** @throws {InvalidInputError} @throws {ConflictError} IDEMPOTENCY_KEY_REUSED. */
  create(workspaceId: number, input: NewCredential): Promise<Credential>;
  /** @throws {InvalidInputError} @throws {NotFoundError} @throws {ConflictError} VERSION_CONFLICT. */
  update(workspaceId: number, input: CredentialChange): Promise<Credential>;
  /** Deletes a credential and its secret. @throws {NotFoundError} @throws {InvalidStateError} IN_USE. */
  delete(workspaceId: number, id: number): Promise<void>;
}

/** What the seal of a secret is bound to, beside workspace, credential and version. */
export const SECRET_FIELD = 'secretAccessKey';

/** Makes the service. @param dependencies `kinds` are those that the operator allows. */
export function createCredentials(dependencies: {
  db: Db;
  seal: SecretSeal;
  kinds: readonly CredentialKind[];
}): Credentials {
  const { db, seal, kinds } = dependencies;
  return {
    kinds,

    async create(workspaceId, input) {
      const checked = checkNewCredential(input, kinds);
      return await runTransaction(db, (tx) => createOnce({ tx, seal, workspaceId }, checked));
    },

    async update(workspaceId, input) {
      checkCredentialChange(input);
      return await runTransaction(db, async (tx) => {
        const updated = await updateCredentialRow(tx, workspaceId, input);
        if (updated) return updated;
        throw versionConflict(await getCredential(tx, workspaceId, input.id), input.expectedVersion);
      });
    },

    async delete(workspaceId, id) {
      await runTransaction(db, async (tx) => {
        // Locked first: a destination that is being made with it is either seen below, or does not find it any more.
        await lockCredential(tx, workspaceId, id, 'update');
        const credential = await getCredential(tx, workspaceId, id);
        if (await hasDestinationWithCredential(tx, id)) throw inUse(credential);
        await deleteCredentialRow(tx, id);
      });
    },
  };
}

/**
 * Opens what a credential authenticates with, for the calls to AWS.
 * @returns UNREADABLE if its secret was sealed with a key that this process lacks, or its row was changed.
 */
export function openIdentity(seal: SecretSeal, secret: SealedIdentity): AwsIdentity {
  const { workspaceId, credentialId, secretVersion, identity } = secret;
  if (identity.kind !== 'ACCESS_KEY') return identity;
  const { kind, accessKeyId, sealed } = identity;
  const binding = { workspaceId, credentialId, field: SECRET_FIELD, version: secretVersion };
  try {
    return { kind, accessKeyId, secretAccessKey: seal.open(sealed, binding) };
  } catch (error) {
    if (error instanceof SecretUnreadableError) return { kind: 'UNREADABLE', reason: error.message };
    throw error;
  }
}

/** Notes that AWS was asked with an identity, as {@link openIdentity} gave it; nobody is asked with an unreadable one. */
export async function noteUse(db: Db, identity: AwsIdentity, secret: SecretVersion): Promise<void> {
  if (identity.kind !== 'UNREADABLE') await touchCredential(db, secret);
}

interface Creation {
  tx: Db;
  seal: SecretSeal;
  workspaceId: number;
}

async function createOnce(creation: Creation, input: CheckedCredential): Promise<Credential> {
  const { tx, seal, workspaceId } = creation;
  const { idempotencyKey: key, secretAccessKey, ...open } = input;
  const compared = { ...open, secretAccessKey: secretAccessKey === null ? null : seal.fingerprint(secretAccessKey) };
  const call = { workspaceId, operation: 'createCredential', key, input: compared };
  const { answer } = await runOnce(tx, call, async () => [
    { kind: 'Credential', id: await insertSealed(creation, input) },
  ]);
  const credential = await findCredential(tx, workspaceId, answer[0].id);
  if (credential) return credential;
  throw keyReused(answer[0], 'for a credential that was deleted since,');
}

/** The id comes first: the seal is bound to it. */
async function insertSealed(creation: Creation, input: CheckedCredential): Promise<number> {
  const { tx, seal, workspaceId } = creation;
  const id = await reserveCredentialId(tx);
  const binding = { workspaceId, credentialId: id, field: SECRET_FIELD, version: 1 };
  const { kind, name, accessKeyId, secretAccessKey, roleArn, expiresAt } = input;
  const sealed = secretAccessKey === null ? null : seal.seal(secretAccessKey, binding);
  await insertCredential(tx, {
    id,
    workspaceId,
    kind,
    name,
    accessKeyId,
    sealed,
    roleArn,
    expiresAt: expiresAt ?? null,
  });
  return id;
}

/** Reads a credential. @throws {NotFoundError} naming the input's `id`. */
export async function getCredential(db: Db, workspaceId: number, id: number): Promise<Credential> {
  const credential = await findCredential(db, workspaceId, id);
  if (credential) return credential;
  throw new NotFoundError('There is no such credential in this workspace: check `id`.', ['input', 'id']);
}

/** The error for a credential that is at another version than expected. */
export function versionConflict(current: Credential, expected: number): ConflictError {
  const message = `Credential ${current.name} is at version ${current.version}, not ${expected}: merge with \`current\` and send again.`;
  return new ConflictError('VERSION_CONFLICT', message, {
    path: ['input', 'expectedVersion'],
    current: { kind: 'Credential', id: current.id },
  });
}

function inUse(credential: Credential): InvalidStateError {
  const message = `Credential ${credential.name} is in use by destinations: give them another one, or delete them, first.`;
  return new InvalidStateError('IN_USE', message, {
    path: ['input', 'id'],
    current: { kind: 'Credential', id: credential.id },
  });
}
