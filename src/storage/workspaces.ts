/** Workspaces and the API keys that open them. */

import { sql } from 'kysely';
import { z } from 'zod';
import type { Role } from '../domain/viewer.js';
import type { Workspace } from '../domain/workspace.js';
import type { Db } from './database.js';

/** An API key to store; the key itself is not kept. */
export interface NewApiKey {
  workspaceId: number;
  /** 1–255 characters. */
  name: string;
  /** The key's first characters. */
  prefix: string;
  /** SHA-256 of the key. */
  keyHash: Buffer;
  role: Role;
  expiresAt: Date | null;
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

/** Adds a workspace. @param externalId unguessable; unique over all workspaces. */
export async function createWorkspace(db: Db, workspace: { name: string; externalId: string }): Promise<Workspace> {
  const row = await db
    .insertInto('workspace')
    .values({ name: workspace.name, external_id: workspace.externalId })
    .returning(['id', 'name', 'external_id'])
    .executeTakeFirstOrThrow();
  return WorkspaceRow.parse(row);
}

/** Whether there is any workspace. */
export async function hasWorkspace(db: Db): Promise<boolean> {
  const row = await db.selectFrom('workspace').select('id').limit(1).executeTakeFirst();
  return row !== undefined;
}

/** Reads workspaces, in the order of their ids; null where there is none, or where it is not the caller's. */
export async function listWorkspacesByIds(
  db: Db,
  workspaceId: number,
  ids: readonly number[],
): Promise<(Workspace | null)[]> {
  const row = await db
    .selectFrom('workspace')
    .select(['id', 'name', 'external_id'])
    .where('id', '=', workspaceId)
    .executeTakeFirst();
  const own = row === undefined ? null : WorkspaceRow.parse(row);
  return ids.map((id) => (id === own?.id ? own : null));
}

/** Adds an API key; its id. */
export async function insertApiKey(db: Db, apiKey: NewApiKey): Promise<number> {
  const row = await db
    .insertInto('api_key')
    .values({
      workspace_id: apiKey.workspaceId,
      name: apiKey.name,
      prefix: apiKey.prefix,
      key_hash: apiKey.keyHash,
      role: apiKey.role,
      expires_at: apiKey.expiresAt,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return row.id;
}

/** Finds an API key, valid or not, by the SHA-256 of its text. */
export async function findApiKeyByHash(db: Db, keyHash: Buffer): Promise<StoredApiKey | null> {
  const result = await sql`/* workspaces.find_api_key */
    select id, workspace_id, name, role, expires_at,
      revoked_at is null and (expires_at is null or expires_at > now()) as is_valid,
      last_used_at is not distinct from date_trunc('minute', now()) as is_noted
    from api_key
    where key_hash = ${keyHash}`.execute(db);
  const row = result.rows[0];
  return row === undefined ? null : ApiKeyRow.parse(row);
}

/** Notes that an API key is used now, exact to the minute. */
export async function noteApiKeyUse(db: Db, id: number): Promise<void> {
  await sql`/* workspaces.note_api_key_use */
    update api_key
    set last_used_at = date_trunc('minute', now())
    where id = ${id} and last_used_at is distinct from date_trunc('minute', now())`.execute(db);
}

const WorkspaceRow = z
  .object({ id: z.number(), name: z.string(), external_id: z.string() })
  .transform((row): Workspace => ({ id: row.id, name: row.name, externalId: row.external_id }));

const ApiKeyRow = z
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
