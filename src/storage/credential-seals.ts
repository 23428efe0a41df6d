/** The sealed secrets of all workspaces' credentials, previous versions included, for what is done to all of them. */

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

/** Sealed secrets that are read at a time. */
const PAGE = 100;

/** Reads all sealed secrets, page by page, by credential and version. */
export async function* readCredentialSeals(db: Db): AsyncGenerator<CredentialSeal[]> {
  let last: CredentialSeal | undefined;
  do {
    const page = await listSealsAfter(db, last);
    last = page.length < PAGE ? undefined : page.at(-1);
    if (page.length > 0) yield page;
  } while (last);
}

async function listSealsAfter(db: Db, last: CredentialSeal | undefined): Promise<CredentialSeal[]> {
  const { rows } = await sql`/* credential_seals.list */
    select workspace_id, id, version, sealed
    from (
      select workspace_id, id, secret_version as version, secret_sealed as sealed
      from credential
      union all
      select workspace_id, id, previous_secret_version, previous_secret_sealed
      from credential
    ) as seal
    where sealed is not null and (id, version) > (${last?.credentialId ?? 0}, ${last?.secretVersion ?? 0})
    order by id, version
    limit ${PAGE}`.execute(db);
  return rows.map((row) => SealRow.parse(row));
}

/**
 * Puts other bytes in the place of a seal, whether its secret is in use or the previous one by now.
 * @returns false if the seal is not there any more.
 */
export async function replaceCredentialSeal(db: Db, old: CredentialSeal, sealed: Buffer): Promise<boolean> {
  const { numAffectedRows = 0n } = await sql`/* credential_seals.replace */
    update credential
    set secret_sealed = case when secret_sealed = ${old.sealed} then ${sealed} else secret_sealed end,
      previous_secret_sealed =
        case when previous_secret_sealed = ${old.sealed} then ${sealed} else previous_secret_sealed end
    where id = ${old.credentialId} and ${old.sealed} in (secret_sealed, previous_secret_sealed)`.execute(db);
  return numAffectedRows > 0n;
}

const SealRow = z
  .object({ workspace_id: z.number(), id: z.number(), version: z.number(), sealed: z.instanceof(Buffer) })
  .transform(
    ({ workspace_id, id, version, sealed }): CredentialSeal => ({
      workspaceId: workspace_id,
      credentialId: id,
      secretVersion: version,
      sealed,
    }),
  );
