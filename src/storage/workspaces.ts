/** Workspaces. */

import { z } from 'zod';
import type { Workspace } from '../domain/workspace.js';
import type { Db } from './database.js';

/** Adds a workspace. @param externalId unguessable; unique over all workspaces. */
export async function insertWorkspace(db: Db, workspace: { name: string; externalId: string }): Promise<Workspace> {
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

/** All workspaces, by id. */
export async function listAllWorkspaces(db: Db): Promise<Workspace[]> {
  const rows = await db.selectFrom('workspace').select(['id', 'name', 'external_id']).orderBy('id').execute();
  return rows.map((row) => WorkspaceRow.parse(row));
}

/** Gives a workspace another name. @returns whether there is one with this id. */
export async function renameWorkspaceRow(db: Db, id: number, name: string): Promise<boolean> {
  const result = await db.updateTable('workspace').set({ name }).where('id', '=', id).executeTakeFirst();
  return result.numUpdatedRows > 0n;
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

const WorkspaceRow = z
  .object({ id: z.number(), name: z.string(), external_id: z.string() })
  .transform((row): Workspace => ({ id: row.id, name: row.name, externalId: row.external_id }));
