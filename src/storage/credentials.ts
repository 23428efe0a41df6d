/** Credentials in the database. Only {@link loadSecret} reads a secret, and reads it sealed. */

import { sql } from 'kysely';
import { z } from 'zod';
import type { Credential, CredentialKind } from '../domain/credential.js';
import type { Db } from './database.js';
import type { ListQuery, SortOrder } from './paging.js';
import { IDENTITY_COLUMNS, IdentityRow, type StoredIdentity } from './stored-identity.js';
import { containsText } from './text-match.js';

/** A credential to store. */
export interface NewCredentialRow {
  /** From {@link reserveCredentialId}. */
  id: number;
  workspaceId: number;
  kind: CredentialKind;
  name: string;
  accessKeyId: string | null;
  sealed: Buffer | null;
  roleArn: string | null;
  expiresAt: Date | null;
}

/** What a credential authenticates with, as it is stored, with what its seal is bound to. */
export interface StoredSecret {
  workspaceId: number;
  credentialId: number;
  identity: StoredIdentity;
  /** Of the identity: grows with each rotation. */
  secretVersion: number;
  /** The credential's version: grows with each change. */
  version: number;
}

/** Which credentials, in which order. */
export interface CredentialListRequest {
  workspaceId: number;
  filter: { expiresBefore: Date | null; kinds: string[] | null; search: string | null };
  orderBy: CredentialOrderName;
}

/** Orders of {@link credentialList}. */
export type CredentialOrderName = 'CREATED_AT_ASC' | 'CREATED_AT_DESC' | 'NAME_ASC' | 'NAME_DESC';

/** Takes the id of a credential that is not stored yet. */
export async function reserveCredentialId(db: Db): Promise<number> {
  const result = await sql`/* credentials.reserve_id */
    select nextval(pg_get_serial_sequence('credential', 'id')) as id`.execute(db);
  return ReservedId.parse(result.rows[0]).id;
}

/** Adds a credential under its reserved id. */
export async function insertCredential(db: Db, row: NewCredentialRow): Promise<void> {
  await sql`/* credentials.insert */
    insert into credential (id, workspace_id, kind, name, access_key_id, secret_sealed, role_arn, expires_at)
    overriding system value
    values (${row.id}, ${row.workspaceId}, ${row.kind}, ${row.name}, ${row.accessKeyId}, ${row.sealed}, ${row.roleArn},
      ${row.expiresAt})
  `.execute(db);
}

/** Changes a credential that is at the expected version; null if there is none. */
export async function updateCredentialRow(
  db: Db,
  workspaceId: number,
  change: { id: number; expectedVersion: number; name?: string | null; expiresAt?: Date | null },
): Promise<Credential | null> {
  const row = await db
    .updateTable('credential')
    .set((eb) => ({
      ...(change.name != null && { name: change.name }),
      ...(change.expiresAt !== undefined && { expires_at: change.expiresAt }),
      version: eb('version', '+', 1),
      updated_at: sql<Date>`now()`,
    }))
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', change.id)
    .where('version', '=', change.expectedVersion)
    .returning(COLUMNS)
    .executeTakeFirst();
  return row ? CredentialRow.parse(row) : null;
}

/**
 * Locks a credential until the transaction ends.
 * @param mode `update` before deleting it, `key share` before something refers to it.
 * @returns false if there is none in the workspace.
 */
export async function lockCredential(
  db: Db,
  workspaceId: number,
  id: number,
  mode: 'update' | 'key share',
): Promise<boolean> {
  const result = await sql`/* credentials.lock */
    select id
    from credential
    where workspace_id = ${workspaceId} and id = ${id}
    for ${sql.raw(mode)}`.execute(db);
  return result.rows.length > 0;
}

/** Deletes a credential with its secret. */
export async function deleteCredentialRow(db: Db, id: number): Promise<void> {
  await db.deleteFrom('credential').where('id', '=', id).execute();
}

/** Finds a credential by internal id. */
export async function findCredential(db: Db, workspaceId: number, id: number): Promise<Credential | null> {
  const [found] = await listCredentialsByIds(db, workspaceId, [id]);
  return found ?? null;
}

/** Reads credentials by internal id, in their order; null where there is none in the workspace. */
export async function listCredentialsByIds(
  db: Db,
  workspaceId: number,
  ids: readonly number[],
): Promise<(Credential | null)[]> {
  const rows = await db
    .selectFrom('credential')
    .select(COLUMNS)
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', sql<number>`any(${[...ids]}::bigint[])`)
    .execute();
  const found = new Map(rows.map((row) => [row.id, CredentialRow.parse(row)]));
  return ids.map((id) => found.get(id) ?? null);
}

/** Reads what a credential authenticates with, its secret sealed; null if the credential was deleted. */
export async function loadSecret(db: Db, credentialId: number): Promise<StoredSecret | null> {
  const { rows } = await sql`/* credentials.load_secret */
    select credential.id, credential.workspace_id, credential.secret_version, credential.version, ${IDENTITY_COLUMNS}
    from credential
    join workspace on workspace.id = credential.workspace_id
    where credential.id = ${credentialId}`.execute(db);
  const row = rows[0];
  return row === undefined ? null : { ...SecretRow.parse(row), identity: IdentityRow.parse(row) };
}

/** A secret of a credential: the one in use, or one that was. */
export interface SecretVersion {
  credentialId: number;
  secretVersion: number;
}

/** Writes that a secret was used in a call to AWS now, exact to a minute; one that was replaced meanwhile is the previous. */
export async function touchCredential(db: Db, { credentialId, secretVersion }: SecretVersion): Promise<void> {
  await sql`/* credentials.touch */
    update credential
    set last_used_at = case when secret_version = ${secretVersion} then clock_timestamp() else last_used_at end,
      previous_last_used_at =
        case when previous_secret_version = ${secretVersion} then clock_timestamp() else previous_last_used_at end
    where id = ${credentialId} and ${secretVersion} in (secret_version, previous_secret_version)
      and coalesce(
        case when secret_version = ${secretVersion} then last_used_at else previous_last_used_at end, '-infinity'
      ) < clock_timestamp() - interval '1 minute'`.execute(db);
}

/** The list of a workspace's credentials, for {@link ListQuery} readers. */
export function credentialList(request: CredentialListRequest): ListQuery<Credential> {
  const { expiresBefore, kinds, search } = request.filter;
  const conditions = [sql`credential.workspace_id = parent.id`, sql`credential.workspace_id = ${request.workspaceId}`];
  if (expiresBefore !== null) conditions.push(sql`credential.expires_at < ${expiresBefore}`);
  if (kinds !== null) conditions.push(sql`credential.kind = any(${kinds}::text[])`);
  if (search !== null) conditions.push(containsText([sql`credential.name`], search));
  return {
    name: 'credentials',
    workspaceId: request.workspaceId,
    columns: sql`${sql.join(COLUMNS.map((column) => sql.ref(`credential.${column}`)))}`,
    from: sql`credential`,
    conditions,
    order: ORDERS[request.orderBy],
    parse: (row) => CredentialRow.parse(row),
  };
}

/** Everything but the secret. */
const COLUMNS = [
  'id',
  'workspace_id',
  'name',
  'kind',
  'version',
  'access_key_id',
  'role_arn',
  'secret_created_at',
  'expires_at',
  'last_used_at',
  'previous_access_key_id',
  'previous_role_arn',
  'previous_created_at',
  'previous_expires_at',
  'previous_last_used_at',
  'created_at',
  'updated_at',
] as const;

const byCreatedAt: SortOrder['keys'] = [
  { expression: sql`credential.created_at`, type: 'timestamptz' },
  { expression: sql`credential.id`, type: 'bigint' },
];
const byName: SortOrder['keys'] = [
  { expression: sql`credential.name`, type: 'text' },
  { expression: sql`credential.id`, type: 'bigint' },
];

const ORDERS: Record<CredentialOrderName, SortOrder> = {
  CREATED_AT_ASC: { name: 'CREATED_AT_ASC', keys: byCreatedAt, direction: 'asc' },
  CREATED_AT_DESC: { name: 'CREATED_AT_DESC', keys: byCreatedAt, direction: 'desc' },
  NAME_ASC: { name: 'NAME_ASC', keys: byName, direction: 'asc' },
  NAME_DESC: { name: 'NAME_DESC', keys: byName, direction: 'desc' },
};

const ReservedId = z.object({ id: z.number() });

const CredentialRow = z
  .object({
    id: z.number(),
    workspace_id: z.number(),
    name: z.string(),
    kind: z.enum(['ACCESS_KEY', 'ASSUME_ROLE', 'PROCESS_IDENTITY']),
    version: z.number(),
    access_key_id: z.string().nullable(),
    role_arn: z.string().nullable(),
    secret_created_at: z.date(),
    expires_at: z.date().nullable(),
    last_used_at: z.date().nullable(),
    previous_access_key_id: z.string().nullable(),
    previous_role_arn: z.string().nullable(),
    previous_created_at: z.date().nullable(),
    previous_expires_at: z.date().nullable(),
    previous_last_used_at: z.date().nullable(),
    created_at: z.date(),
    updated_at: z.date(),
  })
  .transform(
    (row): Credential => ({
      id: row.id,
      workspaceId: row.workspace_id,
      name: row.name,
      kind: row.kind,
      version: row.version,
      accessKeyIdLast4: row.access_key_id?.slice(-4) ?? null,
      roleArn: row.role_arn,
      secretCreatedAt: row.secret_created_at,
      expiresAt: row.expires_at,
      lastUsedAt: row.last_used_at,
      previous:
        row.previous_created_at === null
          ? null
          : {
              accessKeyIdLast4: row.previous_access_key_id?.slice(-4) ?? null,
              roleArn: row.previous_role_arn,
              createdAt: row.previous_created_at,
              expiresAt: row.previous_expires_at,
              lastUsedAt: row.previous_last_used_at,
            },
      createdAt: row.created_at,
      updatedAt: row.updated_at,
    }),
  );

const SecretRow = z
  .object({
    id: z.number(),
    workspace_id: z.number(),
    secret_version: z.number(),
    version: z.number(),
  })
  .transform(
    (row): Omit<StoredSecret, 'identity'> => ({
      workspaceId: row.workspace_id,
      credentialId: row.id,
      secretVersion: row.secret_version,
      version: row.version,
    }),
  );
