/** A destination's stream as AWS last described it, and the record limit that holds for it. */

import { sql } from 'kysely';
import { z } from 'zod';
import type { KinesisStream } from '../domain/kinesis-stream.js';
import type { Db } from './database.js';

/** `destination.stream_details`. */
export const StreamDetails: z.ZodType<KinesisStream> = z.object({
  arn: z.string(),
  name: z.string(),
  state: z.enum(['ACTIVE', 'CREATING', 'DELETING', 'UPDATING']).nullable(),
  mode: z.enum(['ON_DEMAND', 'PROVISIONED']).nullable(),
  openShardCount: z.number().nullable(),
  kmsKeyId: z.string().nullable(),
  maxRecordBytes: z.number().nullable(),
  ignoresPartitionKeys: z.boolean(),
});

/** Keeps a new description of a destination's stream; no effect under other settings than those it was asked with. */
export async function writeStreamDetails(
  db: Db,
  of: { id: number; version: number },
  details: KinesisStream,
): Promise<void> {
  const text = JSON.stringify(details);
  await sql`/* stream_details.write */
    update destination
    set stream_details = ${text}::jsonb, max_record_bytes = coalesce(${details.maxRecordBytes}, max_record_bytes)
    where id = ${of.id} and version = ${of.version} and stream_details is distinct from ${text}::jsonb`.execute(db);
}

/** Keeps a record limit that AWS named where it could not be asked; as {@link writeStreamDetails}. */
export async function writeRecordLimit(
  db: Db,
  of: { id: number; version: number },
  maxRecordBytes: number,
): Promise<void> {
  await db
    .updateTable('destination')
    .set({ max_record_bytes: maxRecordBytes })
    .where('id', '=', of.id)
    .where('version', '=', of.version)
    .execute();
}
