/** Whether destinations may be sent to. */

import { sql } from 'kysely';
import type { Db } from './database.js';

/**
 * Lets a destination be sent to, or not; nothing happens to one that is so already. Its version stays: it counts
 * changes of settings, and record ids are made of it.
 */
export async function setDestinationEnabled(
  tx: Db,
  workspaceId: number,
  change: { id: number; enabled: boolean },
): Promise<void> {
  await tx
    .updateTable('destination')
    .set({ enabled: change.enabled, updated_at: sql<Date>`now()` })
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', change.id)
    .where('enabled', '<>', change.enabled)
    .execute();
}
