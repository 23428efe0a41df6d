/** Which attribute paths hold arrays or maps in stored profiles. */

import { sql } from 'kysely';
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
      select attributes from profile
      where workspace_id = ${workspaceId}
      order by updated_at desc, id desc
      limit ${SAMPLE_SIZE}
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

const FoundRow = z.object({ place: z.number(), type: z.enum(['array', 'object']) });
