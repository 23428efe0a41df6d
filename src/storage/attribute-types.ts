/** What stored profiles have for attributes, told from the newest of them. */

import { type RawBuilder, sql } from 'kysely';
import { z } from 'zod';
import type { UnmappableType } from '../domain/attribute-path.js';
import type { Db } from './database.js';

/** Profiles looked at, the last changed first. */
const SAMPLE_SIZE = 1_000;

/**
 * Looks at a sample of the newest profiles; in the order of the paths, null where none has an array or map there. A path
 * with a number for a name, such as `tags.0`, is an array too where that number would be a place in one.
 */
export async function findUnmappableTypes(
  db: Db,
  workspaceId: number,
  paths: readonly string[],
): Promise<(UnmappableType | null)[]> {
  if (paths.length === 0) return [];
  const { rows } = await sql`/* attribute_types.find */
    with sample as materialized (
      select attributes from (${selectNewest(workspaceId, SAMPLE_SIZE)}) as newest
    )
    select path.place::int - 1 as place, min(found.type) as type
    from unnest(${[...paths]}::text[]) with ordinality as path (name, place)
    cross join lateral (select string_to_array(path.name, '.') as names) as split
    cross join lateral generate_series(1, cardinality(split.names)) as step (depth)
    cross join lateral (
      select json_typeof(sample.attributes #> split.names[1:step.depth]) as type from sample
    ) as found
    where (step.depth = cardinality(split.names) or split.names[step.depth + 1] ~ '^\\s*[+-]?\\d+$')
      and (found.type = 'array' or (found.type = 'object' and step.depth = cardinality(split.names)))
    group by path.place`.execute(db);
  const types = new Map(rows.map((row) => FoundRow.parse(row)).map(({ place, type }) => [place, type]));
  return paths.map((_path, place) => types.get(place) ?? null);
}

/** Bytes of attributes that a sample may hold, as far as profiles of 1 kB and a sample of 10,000 go. */
const MAX_SAMPLE_BYTES = 16 * 1024 * 1024;

/** Reads the attributes of the newest profiles, the last changed first; fewer where they are large. */
export async function readNewestAttributes(
  db: Db,
  workspaceId: number,
  sampleSize: number,
): Promise<Record<string, unknown>[]> {
  const { rows } = await sql`/* attribute_types.read_newest */
    select attributes from (
      select attributes, updated_at, id,
        sum(size_bytes) over (order by updated_at desc, id desc rows unbounded preceding) as bytes
      from (${selectNewest(workspaceId, sampleSize)}) as newest
    ) as measured
    where bytes <= ${MAX_SAMPLE_BYTES}
    order by updated_at desc, id desc`.execute(db);
  return rows.map((row) => NewestRow.parse(row).attributes);
}

/** The sample: the last changed first. */
function selectNewest(workspaceId: number, limit: number): RawBuilder<unknown> {
  return sql`
    select attributes, size_bytes, updated_at, id from profile
    where workspace_id = ${workspaceId}
    order by updated_at desc, id desc
    limit ${limit}`;
}

const NewestRow = z.object({ attributes: z.record(z.string(), z.unknown()) });

const FoundRow = z.object({ place: z.number(), type: z.enum(['array', 'object']) });
