/** Versions of credentials in the database: the one in use, and the one that was in use before it. */

import { sql } from 'kysely';
import { z } from 'zod';
import type { Db } from './database.js';

/** What a rotation goes by. */
export interface CredentialVersions {
  /** Of the credential. */
  version: number;
  /** The next number of a secret; none is given twice. */
  nextSecretVersion: number;
  hasPrevious: boolean;
}

/** A secret or role to use from now on; null is what the credential's kind does not have. */
export interface NewSecret {
  accessKeyId: string | null;
  sealed: Buffer | null;
  roleArn: string | null;
  secretVersion: number;
  expiresAt: Date | null;
}

/** Locks a credential until the transaction ends; null if there is none in the workspace. */
export async function lockCredentialVersions(
  db: Db,
  workspaceId: number,
  id: number,
): Promise<CredentialVersions | null> {
  const { rows } = await sql`/* credential_rotation.lock */
    select version, secret_count + 1 as next_secret_version, previous_secret_version is not null as has_previous
    from credential
    where workspace_id = ${workspaceId} and id = ${id}
    for no key update`.execute(db);
  return rows[0] === undefined ? null : VersionsRow.parse(rows[0]);
}

/** Puts a new secret in use, and keeps the old one as the previous; a previous one before it is erased. */
export async function replaceSecret(db: Db, id: number, secret: NewSecret): Promise<void> {
  await sql`/* credential_rotation.replace */
    update credential
    set previous_access_key_id = access_key_id, previous_secret_sealed = secret_sealed,
      previous_role_arn = role_arn, previous_secret_version = secret_version, previous_created_at = secret_created_at,
      previous_expires_at = expires_at, previous_last_used_at = last_used_at,
      access_key_id = ${secret.accessKeyId}, secret_sealed = ${secret.sealed}, role_arn = ${secret.roleArn},
      secret_version = ${secret.secretVersion}, secret_created_at = now(), expires_at = ${secret.expiresAt}, last_used_at = null,
      secret_count = ${secret.secretVersion}, version = version + 1, updated_at = now()
    where id = ${id}`.execute(db);
}

/** Lets the secret in use and the previous one change places. */
export async function swapSecrets(db: Db, id: number): Promise<void> {
  await sql`/* credential_rotation.swap */
    update credential
    set previous_access_key_id = access_key_id, previous_secret_sealed = secret_sealed,
      previous_role_arn = role_arn, previous_secret_version = secret_version, previous_created_at = secret_created_at,
      previous_expires_at = expires_at, previous_last_used_at = last_used_at,
      access_key_id = previous_access_key_id, secret_sealed = previous_secret_sealed,
      role_arn = previous_role_arn, secret_version = previous_secret_version, secret_created_at = previous_created_at,
      expires_at = previous_expires_at, last_used_at = previous_last_used_at,
      version = version + 1, updated_at = now()
    where id = ${id}`.execute(db);
}

/** Erases the previous secret. */
export async function erasePreviousSecret(db: Db, id: number): Promise<void> {
  await sql`/* credential_rotation.erase */
    update credential
    set previous_access_key_id = null, previous_secret_sealed = null, previous_role_arn = null,
      previous_secret_version = null, previous_created_at = null, previous_expires_at = null, previous_last_used_at = null,
      version = version + 1, updated_at = now()
    where id = ${id}`.execute(db);
}

/** A destination that uses a credential. */
export interface CredentialUser {
  destinationId: number;
  region: string;
}

/** Lists destinations that use a credential, the oldest first. @param limit most of them. */
export async function listCredentialUsers(db: Db, credentialId: number, limit: number): Promise<CredentialUser[]> {
  const { rows } = await sql`/* credential_rotation.users */
    select id, region
    from destination
    where credential_id = ${credentialId}
    order by id
    limit ${limit}`.execute(db);
  return rows.map((row) => UserRow.parse(row));
}

const VersionsRow = z
  .object({ version: z.number(), next_secret_version: z.number(), has_previous: z.boolean() })
  .transform(
    (row): CredentialVersions => ({
      version: row.version,
      nextSecretVersion: row.next_secret_version,
      hasPrevious: row.has_previous,
    }),
  );

const UserRow = z
  .object({ id: z.number(), region: z.string() })
  .transform((row): CredentialUser => ({ destinationId: row.id, region: row.region }));
