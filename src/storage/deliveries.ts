/**
 * Deliveries in the database: single records out of the parallel arrays of delivery_event. Events come in order from
 * an index and are taken apart one after the other, so a page costs the few events that it shows, not the whole list.
 */

import { type RawBuilder, sql } from 'kysely';
import type { Delivery, DeliveryOrigin, DeliveryOutcome } from '../domain/delivery.js';
import type { DeliveryCode } from '../domain/delivery-code.js';
import { decodeCursor } from './cursor.js';
import type { Db } from './database.js';
import { OUTCOME_LETTERS } from './delivery-events.js';
import { DeliveryRow, deliveryColumns, eventRecords } from './delivery-row.js';
import type { ListQuery, PageRequest, SortOrder } from './paging.js';
import { isStorableText } from './text-match.js';

/** Which deliveries, in which order; the parent is of the kind that `scope` names. */
export interface DeliveryListRequest {
  workspaceId: number;
  scope: DeliveryScope;
  filter: DeliveryFilter;
  orderBy: DeliveryOrderName;
  /** The page's cursors once more: they also bound the events, so that a late page reads no earlier ones. */
  bounds: Pick<PageRequest, 'after' | 'before'>;
}

/** Whose deliveries; `event` is one row of delivery_event, `profile` an internal id. */
export type DeliveryScope = 'workspace' | 'destination' | 'activation' | 'export' | 'profile' | 'event';

/** Which deliveries: those that meet every condition given. Ids are internal but for `profileId`. */
export interface DeliveryFilter {
  destinationId?: number | null;
  activationId?: number | null;
  exportId?: number | null;
  /** The customer's id. */
  profileId?: string | null;
  outcomes?: DeliveryOutcome[] | null;
  codes?: DeliveryCode[] | null;
  origins?: DeliveryOrigin[] | null;
  /** Committed at this time or later. */
  from?: Date | null;
  /** Committed before this time. */
  to?: Date | null;
}

/** Orders of {@link deliveryList}. */
export type DeliveryOrderName = 'COMMITTED_AT_ASC' | 'COMMITTED_AT_DESC';

/** Names one delivery: its event, and its place there from 0. */
export interface DeliveryKey {
  eventId: number;
  ordinal: number;
}

/** Reads single deliveries, in the order of their keys; null where there is none in the workspace. */
export async function listDeliveriesByKeys(
  db: Db,
  workspaceId: number,
  keys: readonly DeliveryKey[],
): Promise<(Delivery | null)[]> {
  const { rows } = await sql`/* deliveries.by_keys */
    select ${deliveryColumns}
    from unnest(${keys.map((key) => key.eventId)}::bigint[], ${keys.map((key) => key.ordinal)}::int[])
      as wanted(event_id, ordinal)
    join delivery_event event on event.id = wanted.event_id
    cross join lateral ${eventRecords}
    where event.workspace_id = ${workspaceId} and record.place = wanted.ordinal + 1`.execute(db);
  const found = new Map(rows.map((row) => DeliveryRow.parse(row)).map((delivery) => [nameOf(delivery), delivery]));
  return keys.map((key) => found.get(nameOf(key)) ?? null);
}

/** The list of deliveries of a workspace, destination, activation, export, profile or event. */
export function deliveryList(request: DeliveryListRequest): ListQuery<Delivery> {
  const order = ORDERS[request.orderBy];
  return {
    name: LIST_NAME,
    workspaceId: request.workspaceId,
    columns: deliveryColumns,
    from: sql`delivery_event event cross join lateral ${eventRecords}`,
    conditions: [...eventConditions(request), ...eventBounds(request, order), ...recordConditions(request)],
    order,
    parse: (row) => DeliveryRow.parse(row),
  };
}

const LIST_NAME = 'deliveries';

/** What holds for a whole event: it has at least one record that could be meant. */
function eventConditions(request: DeliveryListRequest): RawBuilder<unknown>[] {
  const { filter, workspaceId } = request;
  const conditions = [SCOPES[request.scope].event, sql`event.workspace_id = ${workspaceId}`];
  if (filter.destinationId != null) conditions.push(sql`event.destination_id = ${filter.destinationId}`);
  if (filter.activationId != null) conditions.push(sql`event.activation_id = ${filter.activationId}`);
  if (filter.exportId != null) conditions.push(ofExport(sql`${filter.exportId}::bigint`));
  if (filter.origins != null) conditions.push(sql`event.origin = any(${filter.origins}::text[])`);
  // Records with a code were failed or skipped: said here, so that an index serves it.
  if (filter.codes != null)
    conditions.push(sql`event.codes ?| ${filter.codes}::text[] and (event.failed > 0 or event.skipped > 0)`);
  if (filter.from != null) conditions.push(sql`event.committed_at >= ${filter.from}`);
  if (filter.to != null) conditions.push(sql`event.committed_at < ${filter.to}`);
  if (filter.outcomes != null)
    conditions.push(
      sql`(false ${sql.join(
        filter.outcomes.map((outcome) => HAS_OUTCOME[outcome]),
        sql``,
      )})`,
    );
  if (filter.profileId != null)
    conditions.push(
      sql`event.lane = ${ofProfile('lane', workspaceId, filter.profileId)}`,
      sql`event.profile_ids @> array[${ofProfile('id', workspaceId, filter.profileId)}]`,
    );
  return conditions;
}

/**
 * Events of an export lie in its destination's events, between its beginning and its end; a minute more at both sides, for
 * a clock that was set back. An index of exports gave them without their order, so that each page sorted all.
 */
function ofExport(exportId: RawBuilder<unknown>): RawBuilder<unknown> {
  const own = (column: RawBuilder<unknown>) => sql`(select ${column} from export where export.id = ${exportId})`;
  return sql`event.export_ids @> array[${exportId}]
    and event.destination_id = ${own(sql`export.destination_id`)}
    and event.committed_at >= ${own(sql`export.created_at - interval '1 minute'`)}
    and event.committed_at <= ${own(sql`coalesce(export.finished_at, 'infinity') + interval '1 minute'`)}`;
}

/** What holds for a single record. */
function recordConditions(request: DeliveryListRequest): RawBuilder<unknown>[] {
  const { outcomes, codes, profileId } = request.filter;
  const conditions = SCOPES[request.scope].record === null ? [] : [SCOPES[request.scope].record];
  if (outcomes != null) {
    const letters = outcomes.map((outcome) => OUTCOME_LETTERS[outcome]);
    conditions.push(sql`record.outcome = any(${letters}::text[])`);
  }
  if (codes != null) conditions.push(sql`record.code = any(${codes}::text[])`);
  if (profileId != null) conditions.push(sql`record.profile_key = ${ofProfile('id', request.workspaceId, profileId)}`);
  return conditions.filter((condition) => condition !== null);
}

/** The events at and beyond the cursors: a row comparison with the record's place could not use an index. */
function eventBounds(request: DeliveryListRequest, order: SortOrder): RawBuilder<unknown>[] {
  const { after, before } = request.bounds;
  const scope = { list: LIST_NAME, order: order.name, workspaceId: request.workspaceId };
  const types = order.keys.map((key) => key.type);
  const ascending = order.direction === 'asc';
  const sides = [
    { cursor: after, operator: ascending ? '>=' : '<=' },
    { cursor: before, operator: ascending ? '<=' : '>=' },
  ];
  return sides.flatMap(({ cursor, operator }) => {
    if (cursor === null) return [];
    const [committedAt, id] = decodeCursor(cursor, scope, types);
    const values = sql`(${committedAt}::text::timestamptz, ${id}::text::bigint)`;
    return [sql`(event.committed_at, event.id) ${sql.raw(operator)} ${values}`];
  });
}

function ofProfile(column: 'id' | 'lane', workspaceId: number, profileId: string): RawBuilder<unknown> {
  return sql`(
    select ${sql.ref(`profile.${column}`)} from profile
    where profile.workspace_id = ${workspaceId} and profile.profile_id = ${isStorableText(profileId) ? profileId : null})`;
}

function nameOf(key: DeliveryKey): string {
  return `${key.eventId}.${key.ordinal}`;
}

const HAS_OUTCOME: Record<DeliveryOutcome, RawBuilder<unknown>> = {
  DELIVERED: sql` or event.delivered > 0`,
  FAILED: sql` or event.failed > 0`,
  SKIPPED: sql` or event.skipped > 0`,
};

/** An id does not tell its lane, so the profile is looked for in each: 16 probes of the primary key. */
const laneOfParent = sql`(
  select profile.lane from profile
  where profile.lane = any('{0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15}'::smallint[]) and profile.id = parent.id)`;

const SCOPES: Record<DeliveryScope, { event: RawBuilder<unknown>; record: RawBuilder<unknown> | null }> = {
  workspace: { event: sql`event.workspace_id = parent.id`, record: null },
  destination: { event: sql`event.destination_id = parent.id`, record: null },
  activation: { event: sql`event.activation_id = parent.id`, record: null },
  export: { event: ofExport(sql`parent.id`), record: null },
  profile: {
    event: sql`event.lane = ${laneOfParent} and event.profile_ids @> array[parent.id]`,
    record: sql`record.profile_key = parent.id`,
  },
  event: { event: sql`event.id = parent.id`, record: null },
};

const byCommittedAt: SortOrder['keys'] = [
  { expression: sql`event.committed_at`, type: 'timestamptz' },
  { expression: sql`event.id`, type: 'bigint' },
  { expression: sql`record.place`, type: 'bigint' },
];

const ORDERS: Record<DeliveryOrderName, SortOrder> = {
  COMMITTED_AT_ASC: { name: 'COMMITTED_AT_ASC', keys: byCommittedAt, direction: 'asc' },
  COMMITTED_AT_DESC: { name: 'COMMITTED_AT_DESC', keys: byCommittedAt, direction: 'desc' },
};
