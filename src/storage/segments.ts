/** Segments in the database. */

import { sql } from 'kysely';
import { z } from 'zod';
import type { Segment } from '../domain/segment.js';
import type { Db } from './database.js';
import { isPresent } from './memberships.js';
import type { ListQuery, SortOrder } from './paging.js';
import { containsText, isStorableText } from './text-match.js';

/** Which segments, in which order. */
export interface SegmentListRequest {
  workspaceId: number;
  filter: { search?: string | null; destinationId?: number | null };
  orderBy: SegmentOrderName;
}

/** Orders of {@link segmentList}. */
export type SegmentOrderName = 'CREATED_AT_ASC' | 'CREATED_AT_DESC' | 'NAME_ASC' | 'NAME_DESC';

/** Adds a segment; null if its id is taken in the workspace. */
export async function insertSegment(
  db: Db,
  workspaceId: number,
  segment: { segmentId: string; name: string; namespace: string; description: string | null },
): Promise<Segment | null> {
  const row = await db
    .insertInto('segment')
    .values({
      workspace_id: workspaceId,
      segment_id: segment.segmentId,
      namespace: segment.namespace,
      name: segment.name,
      description: segment.description,
    })
    .onConflict((conflict) => conflict.columns(['workspace_id', 'segment_id']).doNothing())
    .returningAll()
    .executeTakeFirst();
  return row ? SegmentRow.parse(row) : null;
}

/** Changes a segment that is at the expected version; null if there is none. */
export async function updateSegmentRow(
  db: Db,
  workspaceId: number,
  change: { segmentId: string; expectedVersion: number; name?: string | null; description?: string | null },
): Promise<Segment | null> {
  const row = await db
    .updateTable('segment')
    .set((eb) => ({
      ...(change.name != null && { name: change.name }),
      ...(change.description !== undefined && { description: change.description }),
      version: eb('version', '+', 1),
      updated_at: sql<Date>`now()`,
    }))
    .where('workspace_id', '=', workspaceId)
    .where('segment_id', '=', change.segmentId)
    .where('version', '=', change.expectedVersion)
    .returningAll()
    .executeTakeFirst();
  return row ? SegmentRow.parse(row) : null;
}

/** Deletes a segment and its memberships, unless an activation has it; false if one has. Needs the exclusive lock. */
export async function deleteSegmentRow(db: Db, id: number): Promise<boolean> {
  const mapping = await db
    .selectFrom('activation_segment')
    .select('activation_id')
    .where('segment_id', '=', id)
    .limit(1)
    .executeTakeFirst();
  if (mapping) return false;
  await db.deleteFrom('membership').where('segment_id', '=', id).execute();
  await db.deleteFrom('segment').where('id', '=', id).execute();
  return true;
}

/** Finds a segment by the customer's id. */
export async function findSegment(db: Db, workspaceId: number, segmentId: string): Promise<Segment | null> {
  const [found] = await listSegmentsByKeys(db, workspaceId, [segmentId]);
  return found ?? null;
}

/** Reads segments by the customer's ids, in their order; null where there is none. */
export async function listSegmentsByKeys(
  db: Db,
  workspaceId: number,
  segmentIds: readonly string[],
): Promise<(Segment | null)[]> {
  const rows = await db
    .selectFrom('segment')
    .selectAll()
    .where('workspace_id', '=', workspaceId)
    .where('segment_id', '=', sql<string>`any(${segmentIds.filter(isStorableText)}::text[])`)
    .execute();
  const found = new Map(rows.map((row) => [row.segment_id, SegmentRow.parse(row)]));
  return segmentIds.map((segmentId) => found.get(segmentId) ?? null);
}

/** Reads segments by internal id, in their order; null where there is none in the workspace. */
export async function listSegmentsByIds(
  db: Db,
  workspaceId: number,
  ids: readonly number[],
): Promise<(Segment | null)[]> {
  const rows = await db
    .selectFrom('segment')
    .selectAll()
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', sql<number>`any(${[...ids]}::bigint[])`)
    .execute();
  const found = new Map(rows.map((row) => [row.id, SegmentRow.parse(row)]));
  return ids.map((id) => found.get(id) ?? null);
}

/** Counts the present members of segments, in their order; exact, from one index. */
export async function countMembers(db: Db, segmentIds: readonly number[]): Promise<number[]> {
  const rows = await sql<{ segment_id: number; members: number }>`/* segments.count_members */
    select segment_id, count(*) as members
    from membership
    where segment_id = any(${[...segmentIds]}::bigint[]) and ${isPresent}
    group by segment_id`.execute(db);
  const counts = new Map(rows.rows.map((row) => [row.segment_id, row.members]));
  return segmentIds.map((id) => counts.get(id) ?? 0);
}

/** The list of a workspace's segments, for {@link ListQuery} readers. */
export function segmentList(request: SegmentListRequest): ListQuery<Segment> {
  const { search, destinationId } = request.filter;
  const conditions = [sql`segment.workspace_id = parent.id`, sql`segment.workspace_id = ${request.workspaceId}`];
  if (search != null) conditions.push(containsText([sql`segment.name`, sql`segment.segment_id`], search));
  if (destinationId != null)
    conditions.push(sql`exists (
      select from activation_segment mapped join activation on activation.id = mapped.activation_id
      where mapped.segment_id = segment.id and activation.destination_id = ${destinationId})`);
  return {
    name: 'segments',
    workspaceId: request.workspaceId,
    columns: sql`segment.*`,
    from: sql`segment`,
    conditions,
    order: ORDERS[request.orderBy],
    parse: (row) => SegmentRow.parse(row),
  };
}

const byCreatedAt: SortOrder['keys'] = [
  { expression: sql`segment.created_at`, type: 'timestamptz' },
  { expression: sql`segment.id`, type: 'bigint' },
];
const byName: SortOrder['keys'] = [
  { expression: sql`segment.name`, type: 'text' },
  { expression: sql`segment.id`, type: 'bigint' },
];

const ORDERS: Record<SegmentOrderName, SortOrder> = {
  CREATED_AT_ASC: { name: 'CREATED_AT_ASC', keys: byCreatedAt, direction: 'asc' },
  CREATED_AT_DESC: { name: 'CREATED_AT_DESC', keys: byCreatedAt, direction: 'desc' },
  NAME_ASC: { name: 'NAME_ASC', keys: byName, direction: 'asc' },
  NAME_DESC: { name: 'NAME_DESC', keys: byName, direction: 'desc' },
};

const SegmentRow = z
  .object({
    id: z.number(),
    segment_id: z.string(),
    namespace: z.string(),
    name: z.string(),
    description: z.string().nullable(),
    version: z.number(),
    created_at: z.date(),
    updated_at: z.date(),
  })
  .transform(
    (row): Segment => ({
      id: row.id,
      segmentId: row.segment_id,
      namespace: row.namespace,
      name: row.name,
      description: row.description,
      version: row.version,
      createdAt: row.created_at,
      updatedAt: row.updated_at,
    }),
  );
