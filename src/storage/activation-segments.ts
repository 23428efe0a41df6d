/** Mappings of activations in the database: their segments, in order. */

import { sql } from 'kysely';
import { z } from 'zod';
import type { ActivationSegment } from '../domain/activation.js';
import type { Db } from './database.js';

/** Makes these the activation's segments (internal ids), in this order. One that stays keeps its mapping's times. */
export async function replaceMappings(tx: Db, activationId: number, segmentIds: readonly number[]): Promise<void> {
  await sql`/* activation_segments.remove */
    delete from activation_segment
    where activation_id = ${activationId} and segment_id <> all(${[...segmentIds]}::bigint[])`.execute(tx);
  await sql`/* activation_segments.put */
    insert into activation_segment (activation_id, segment_id, ordinal)
    select ${activationId}, given.id, given.place - 1
    from unnest(${[...segmentIds]}::bigint[]) with ordinality as given (id, place)
    on conflict (activation_id, segment_id) do update set ordinal = excluded.ordinal`.execute(tx);
}

/** Reads the mappings of activations, each in its order; one statement. */
export async function listMappings(db: Db, activationIds: readonly number[]): Promise<ActivationSegment[][]> {
  const { rows } = await sql`/* activation_segments.list */
    select activation_id, segment_id, mapping_created_at, mapping_updated_at
    from activation_segment
    where activation_id = any(${[...activationIds]}::bigint[])
    order by activation_id, ordinal`.execute(db);
  const mappings = new Map<number, ActivationSegment[]>(activationIds.map((id) => [id, []]));
  for (const row of rows) {
    const mapping = MappingRow.parse(row);
    mappings.get(mapping.activationId)?.push(mapping);
  }
  return activationIds.map((id) => mappings.get(id) ?? []);
}

const MappingRow = z
  .object({
    activation_id: z.number(),
    segment_id: z.number(),
    mapping_created_at: z.date(),
    mapping_updated_at: z.date(),
  })
  .transform(
    (row): ActivationSegment => ({
      activationId: row.activation_id,
      segmentId: row.segment_id,
      mappingCreatedAt: row.mapping_created_at,
      mappingUpdatedAt: row.mapping_updated_at,
    }),
  );
