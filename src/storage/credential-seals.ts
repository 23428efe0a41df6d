/** The sealed secrets of all workspaces' credentials, for what is done to all of them at once. */

import { sql } from 'kysely';
import { z } from 'zod';
import type { Db } from './database.js';

/** A sealed secret, with what its seal is bound to. */
export interface CredentialSeal {
  workspaceId: number;
  credentialId: number;
  secretVersion: number;
  sealed: Buffer;
}

/** Lists sealed secrets, those of previous versions included. @param limit most of them. */
export async function listCredentialSeals(db: Db, limit: number): Promise<CredentialSeal[]> {
  const { rows } = await sql`/* credential_seals.list */
    select workspace_id, id, secret_version, secret_sealed
    from credential
    where secret_sealed is not null
    union all
    select workspace_id, id, previous_secret_version, previous_secret_sealed
    from credential
    where previous_secret_sealed is not null
    order by id, secret_version
    limit ${limit}`.execute(db);
  return rows.map((row) => SealRow.parse(row));
}

const SealRow = z
  .object({
    workspace_id: z.number(),
    id: z.number(),
    secret_version: z.number(),
    secret_sealed: z.instanceof(Buffer),
  })
  .transform(
    (row): CredentialSeal => ({
      workspaceId: row.workspace_id,
      credentialId: row.id,
      secretVersion: row.secret_version,
      sealed: row.secret_sealed,
    }),
  );
