/** API keys in the database: only a hash of each key's text. */

import { sql } from 'kysely';
import { z } from 'zod';
import type { ApiKey } from '../domain/api-key.js';
import type { Actor, Role } from '../domain/viewer.js';
import type { Db } from './database.js';
import type { ListQuery, SortOrder } from './paging.js';
import { ActorKindColumn } from './reference-columns.js';
import { containsText } from './text-match.js';

/** An API key to store; the key itself is not kept. */
export interface NewApiKeyRow {
  workspaceId: number;
  /** 1–255 characters. */
  name: string;
  /** The key's first characters. */
  prefix: string;
  /** SHA-256 of the key. */
  keyHash: Buffer;
  role: Role;
  expiresAt: Date | null;
  createdBy: Actor;
}

/** An API key as it is found by its hash. */
export interface StoredApiKey {
  id: number;
  workspaceId: number;
  name: string;
  role: Role;
  expiresAt: Date | null;
  /** Neither expired nor revoked, by the database's clock. */
  isValid: boolean;
  /** Whether its use in the present minute is on the books already. */
  isNoted: boolean;
}

/** Adds an API key; its id. */
export async function insertApiKey(db: Db, apiKey: NewApiKeyRow): Promise<number> {
  const row = await db
    .insertInto('api_key')
    .values({
      workspace_id: apiKey.workspaceId,
      name: apiKey.name,
      prefix: apiKey.prefix,
      key_hash: apiKey.keyHash,
      role: apiKey.role,
      expires_at: apiKey.expiresAt,
      created_by_kind: apiKey.createdBy.kind,
      created_by_name: apiKey.createdBy.name,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return row.id;
}

/** Finds an API key, valid or not, by the SHA-256 of its text. */
export async function findApiKeyByHash(db: Db, keyHash: Buffer): Promise<StoredApiKey | null> {
  const result = await sql`/* api_keys.find_by_hash */
    select id, workspace_id, name, role, expires_at,
      revoked_at is null and (expires_at is null or expires_at > now()) as is_valid,
      last_used_at is not distinct from date_trunc('minute', now()) as is_noted
    from api_key
    where key_hash = ${keyHash}`.execute(db);
  const row = result.rows[0];
  return row === undefined ? null : FoundRow.parse(row);
}

/** Notes that an API key is used now, exact to the minute. */
export async function noteApiKeyUse(db: Db, id: number): Promise<void> {
  await sql`/* api_keys.note_use */
    update api_key
    set last_used_at = date_trunc('minute', now())
    where id = ${id} and last_used_at is distinct from date_trunc('minute', now())`.execute(db);
}

/**
 * Locks the workspace's ADMIN keys that are neither expired nor revoked until the transaction ends, so that of two calls
 * that revoke the last two, the second sees what the first did.
 * @returns their ids.
 */
export async function lockAdminKeys(db: Db, workspaceId: number): Promise<number[]> {
  const { rows } = await sql`/* api_keys.lock_admin_keys */
    select id
    from api_key
    where workspace_id = ${workspaceId} and role = 'ADMIN' and revoked_at is null
      and (expires_at is null or expires_at > now())
    order by id
    for no key update`.execute(db);
  return z
    .array(z.object({ id: z.number() }))
    .parse(rows)
    .map(({ id }) => id);
}

/** Revokes an API key; one that was revoked keeps its time. @returns null if there is none in the workspace. */
export async function revokeApiKeyRow(db: Db, workspaceId: number, id: number): Promise<ApiKey | null> {
  const row = await db
    .updateTable('api_key')
    .set({
      revoked_at: sql<Date>`coalesce(revoked_at, now())`,
      version: sql<number>`version + (revoked_at is null)::int`,
    })
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .returning(COLUMNS)
    .executeTakeFirst();
  return row ? ApiKeyRow.parse(row) : null;
}

/** Changes a key that is at the expected version and was not revoked. @returns null if there is none. */
export async function updateApiKeyRow(
  db: Db,
  at: { workspaceId: number; id: number; version: number },
  change: { name: string; role: Role; expiresAt: Date | null },
): Promise<ApiKey | null> {
  const row = await db
    .updateTable('api_key')
    .set((eb) => ({
      name: change.name,
      role: change.role,
      expires_at: change.expiresAt,
      version: eb('version', '+', 1),
    }))
    .where('workspace_id', '=', at.workspaceId)
    .where('id', '=', at.id)
    .where('version', '=', at.version)
    .where('revoked_at', 'is', null)
    .returning(COLUMNS)
    .executeTakeFirst();
  return row ? ApiKeyRow.parse(row) : null;
}

/** Reads API keys by internal id, in their order; null where there is none in the workspace. */
export async function listApiKeysByIds(
  db: Db,
  workspaceId: number,
  ids: readonly number[],
): Promise<(ApiKey | null)[]> {
  const rows = await db
    .selectFrom('api_key')
    .select(COLUMNS)
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', sql<number>`any(${[...ids]}::bigint[])`)
    .execute();
  const found = new Map(rows.map((row) => [row.id, ApiKeyRow.parse(row)]));
  return ids.map((id) => found.get(id) ?? null);
}

/** Which API keys, in which order. */
export interface ApiKeyListRequest {
  workspaceId: number;
  filter: { active: boolean | null; roles: Role[] | null; search: string | null };
  orderBy: ApiKeyOrderName;
}

/** Orders of {@link apiKeyList}. */
export type ApiKeyOrderName = 'CREATED_AT_ASC' | 'CREATED_AT_DESC' | 'NAME_ASC' | 'NAME_DESC';

/** The list of a workspace's API keys, for {@link ListQuery} readers. */
export function apiKeyList(request: ApiKeyListRequest): ListQuery<ApiKey> {
  const { active, roles, search } = request.filter;
  const conditions = [sql`api_key.workspace_id = parent.id`, sql`api_key.workspace_id = ${request.workspaceId}`];
  const isActive = sql`(api_key.revoked_at is null and (api_key.expires_at is null or api_key.expires_at > now()))`;
  if (active !== null) conditions.push(sql`${isActive} = ${active}`);
  if (roles !== null) conditions.push(sql`api_key.role = any(${roles}::text[])`);
  if (search !== null) conditions.push(containsText([sql`api_key.name`], search));
  return {
    name: 'api_keys',
    workspaceId: request.workspaceId,
    columns: sql`${sql.join(COLUMNS.map((column) => sql.ref(`api_key.${column}`)))}`,
    from: sql`api_key`,
    conditions,
    order: ORDERS[request.orderBy],
    parse: (row) => ApiKeyRow.parse(row),
  };
}

/** Everything but the hash. */
const COLUMNS = [
  'id',
  'name',
  'prefix',
  'role',
  'version',
  'created_at',
  'created_by_kind',
  'created_by_name',
  'expires_at',
  'last_used_at',
  'revoked_at',
] as const;

const byCreatedAt: SortOrder['keys'] = [
  { expression: sql`api_key.created_at`, type: 'timestamptz' },
  { expression: sql`api_key.id`, type: 'bigint' },
];
const byName: SortOrder['keys'] = [
  { expression: sql`api_key.name`, type: 'text' },
  { expression: sql`api_key.id`, type: 'bigint' },
];

const ORDERS: Record<ApiKeyOrderName, SortOrder> = {
  CREATED_AT_ASC: { name: 'CREATED_AT_ASC', keys: byCreatedAt, direction: 'asc' },
  CREATED_AT_DESC: { name: 'CREATED_AT_DESC', keys: byCreatedAt, direction: 'desc' },
  NAME_ASC: { name: 'NAME_ASC', keys: byName, direction: 'asc' },
  NAME_DESC: { name: 'NAME_DESC', keys: byName, direction: 'desc' },
};

const ApiKeyRow = z
  .object({
    id: z.number(),
    name: z.string(),
    prefix: z.string(),
    role: z.enum(['VIEWER', 'OPERATOR', 'ADMIN']),
    version: z.number(),
    created_at: z.date(),
    created_by_kind: ActorKindColumn,
    created_by_name: z.string(),
    expires_at: z.date().nullable(),
    last_used_at: z.date().nullable(),
    revoked_at: z.date().nullable(),
  })
  .transform(
    (row): ApiKey => ({
      id: row.id,
      name: row.name,
      prefix: row.prefix,
      role: row.role,
      version: row.version,
      createdAt: row.created_at,
      createdBy: { kind: row.created_by_kind, name: row.created_by_name },
      expiresAt: row.expires_at,
      lastUsedAt: row.last_used_at,
      revokedAt: row.revoked_at,
    }),
  );

const FoundRow = z
  .object({
    id: z.number(),
    workspace_id: z.number(),
    name: z.string(),
    role: z.enum(['VIEWER', 'OPERATOR', 'ADMIN']),
    expires_at: z.date().nullable(),
    is_valid: z.boolean(),
    is_noted: z.boolean(),
  })
  .transform(
    (row): StoredApiKey => ({
      id: row.id,
      workspaceId: row.workspace_id,
      name: row.name,
      role: row.role,
      expiresAt: row.expires_at,
      isValid: row.is_valid,
      isNoted: row.is_noted,
    }),
  );
