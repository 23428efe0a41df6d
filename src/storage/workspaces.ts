/** Workspaces. */

import { z } from 'zod';
import type { Workspace } from '../domain/workspace.js';
import type { Db } from './database.js';

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

const WorkspaceRow = z
  .object({ id: z.number(), name: z.string(), external_id: z.string() })
  .transform((row): Workspace => ({ id: row.id, name: row.name, externalId: row.external_id }));
