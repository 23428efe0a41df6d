/** What benchmarks deliver through: a workspace with a credential, and destinations with an activation. */

import { sql } from 'kysely';
import type { Db } from '../src/storage/database.js';
import { insertId } from './harness.js';

/** A tenant, and what its destinations call AWS with. */
export interface BenchWorkspace {
  workspaceId: number;
  credentialId: number;
}

/** Adds a workspace with a credential. @param name unique in its database. */
export async function seedWorkspace(db: Db, name = 'bench'): Promise<BenchWorkspace> {
  const workspaceId = await insertId(
    db,
    sql`insert into workspace (name, external_id) values (${name}, ${name}) returning id`,
  );
  const credentialId = await insertId(
    db,
    sql`insert into credential (workspace_id, name, kind, access_key_id, secret_sealed)
      values (${workspaceId}, 'bench', 'ACCESS_KEY', 'AKIABENCHBENCHBENCH0', '\\x00') returning id`,
  );
  return { workspaceId, credentialId };
}

/** Adds a segment; its internal id. */
export async function seedSegment(db: Db, workspaceId: number, segmentId: string): Promise<number> {
  return await insertId(
    db,
    sql`insert into segment (workspace_id, segment_id, name) values (${workspaceId}, ${segmentId}, 'S') returning id`,
  );
}

/** Adds a destination with its lanes, and an activation of segments to it. */
export async function seedDestination(
  db: Db,
  { workspaceId, credentialId }: BenchWorkspace,
  options: { name: string; stream: string; segmentIds: readonly number[]; attributes: readonly string[] },
): Promise<{ destinationId: number; activationId: number }> {
  const { name, stream, segmentIds, attributes } = options;
  const destinationId = await insertId(
    db,
    sql`insert into destination (workspace_id, kind, name, credential_id, region, stream)
      values (${workspaceId}, 'AMAZON_KINESIS', ${name}, ${credentialId}, 'us-east-1', ${stream}) returning id`,
  );
  await sql`insert into lane (destination_id, lane, workspace_id)
    select ${destinationId}, lane, ${workspaceId} from generate_series(0, 15) lane`.execute(db);
  const activationId = await insertId(
    db,
    sql`insert into activation (workspace_id, destination_id, attributes)
      values (${workspaceId}, ${destinationId}, ${[...attributes]}::text[]) returning id`,
  );
  await sql`insert into activation_segment (activation_id, segment_id, ordinal)
    select ${activationId}, id, row_number() over () - 1 from unnest(${[...segmentIds]}::bigint[]) as id`.execute(db);
  return { destinationId, activationId };
}
