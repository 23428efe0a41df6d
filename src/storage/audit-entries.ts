/** The audit log in the database. */

import { sql } from 'kysely';
import { z } from 'zod';
import type { AuditChange, AuditEntry, AuditResult } from '../domain/audit.js';
import type { NodeReference } from '../domain/user-error.js';
import type { Actor } from '../domain/viewer.js';
import type { Db } from './database.js';
import type { ListQuery, SortOrder } from './paging.js';
import { ActorKindColumn, NODE_KINDS } from './reference-columns.js';
import { isStorableText } from './text-match.js';

/** An entry to store. */
export interface NewAuditEntry {
  workspaceId: number;
  actor: Actor;
  apiKeyId: number | null;
  action: string;
  requestId: string;
  address: string | null;
  result: AuditResult;
  /** Null if it succeeded. */
  code: string | null;
  target: NodeReference | null;
  changes: AuditChange[];
}

/** Adds an entry, at the time of the transaction; its id. */
export async function insertAuditEntry(db: Db, entry: NewAuditEntry): Promise<number> {
  const { actor, target } = entry;
  const { rows } = await sql`/* audit_entries.insert (prepared) */
    insert into audit_entry (
      workspace_id, action, actor_kind, actor_name, api_key_id, request_id, address,
      result, code, target_kind, target_id, changes
    )
    values (
      ${entry.workspaceId}, ${entry.action}, ${actor.kind}, ${actor.name}, ${entry.apiKeyId}, ${entry.requestId},
      ${entry.address}, ${entry.result}, ${entry.code}, ${target?.kind ?? null},
      ${target?.id ?? null}, ${JSON.stringify(entry.changes)}::jsonb
    )
    returning id`.execute(db);
  return InsertedId.parse(rows[0]).id;
}

/** Says what came of a call in the end: it was refused after its transaction, or had several. */
export async function settleAuditEntry(
  db: Db,
  id: number,
  { result, code, changes }: Pick<NewAuditEntry, 'result' | 'code' | 'changes'>,
): Promise<void> {
  await sql`/* audit_entries.settle */
    update audit_entry
    set result = ${result}, code = ${code}, changes = ${JSON.stringify(changes)}::jsonb
    where id = ${id}`.execute(db);
}

/** Which entries, in which order. */
export interface AuditListRequest {
  workspaceId: number;
  filter: {
    actions: string[] | null;
    actorName: string | null;
    /** Inclusive. */
    from: Date | null;
    result: AuditResult | null;
    target: NodeReference | null;
    /** Exclusive. */
    to: Date | null;
  };
  orderBy: AuditOrderName;
}

/** Orders of {@link auditList}. */
export type AuditOrderName = 'AT_ASC' | 'AT_DESC';

/** The list of a workspace's entries, for {@link ListQuery} readers. */
export function auditList(request: AuditListRequest): ListQuery<AuditEntry> {
  const { actions, actorName, from, result, target, to } = request.filter;
  const conditions = [
    sql`audit_entry.workspace_id = parent.id`,
    sql`audit_entry.workspace_id = ${request.workspaceId}`,
  ];
  if (actions !== null) conditions.push(sql`audit_entry.action = any(${actions.filter(isStorableText)}::text[])`);
  if (actorName !== null)
    conditions.push(isStorableText(actorName) ? sql`audit_entry.actor_name = ${actorName}` : sql`false`);
  if (from !== null) conditions.push(sql`audit_entry.at >= ${from}`);
  if (to !== null) conditions.push(sql`audit_entry.at < ${to}`);
  if (result !== null) conditions.push(sql`audit_entry.result = ${result}`);
  if (target !== null)
    conditions.push(sql`audit_entry.target_kind = ${target.kind} and audit_entry.target_id = ${target.id}`);
  return {
    name: 'audit_entries',
    workspaceId: request.workspaceId,
    columns: sql`${sql.join(COLUMNS.map((column) => sql.ref(`audit_entry.${column}`)))}`,
    from: sql`audit_entry`,
    conditions,
    order: ORDERS[request.orderBy],
    parse: (row) => AuditEntryRow.parse(row),
  };
}

/** Reads entries by internal id, in their order; null where there is none in the workspace. */
export async function listAuditEntriesByIds(
  db: Db,
  workspaceId: number,
  ids: readonly number[],
): Promise<(AuditEntry | null)[]> {
  const { rows } = await sql`/* audit_entries.by_ids */
    select ${sql.join(COLUMNS.map((column) => sql.ref(column)))}
    from audit_entry
    where workspace_id = ${workspaceId} and id = any(${[...ids]}::bigint[])`.execute(db);
  const found = new Map(rows.map((row) => AuditEntryRow.parse(row)).map((entry) => [entry.id, entry]));
  return ids.map((id) => found.get(id) ?? null);
}

/** Deletes entries whose retention is over, at most 10,000 at a time. @returns how many. */
export async function deleteExpiredAuditEntries(db: Db, retentionDays: number): Promise<number> {
  const result = await sql`/* audit_entries.delete_expired */
    delete from audit_entry
    where id in (
      select id
      from audit_entry
      where at < now() - ${retentionDays} * interval '1 day'
      order by at
      limit 10000
    )`.execute(db);
  return Number(result.numAffectedRows ?? 0n);
}

const COLUMNS = [
  'id',
  'at',
  'action',
  'actor_kind',
  'actor_name',
  'api_key_id',
  'request_id',
  'address',
  'result',
  'code',
  'target_kind',
  'target_id',
  'changes',
] as const;

const byTime: SortOrder['keys'] = [
  { expression: sql`audit_entry.at`, type: 'timestamptz' },
  { expression: sql`audit_entry.id`, type: 'bigint' },
];

const ORDERS: Record<AuditOrderName, SortOrder> = {
  AT_ASC: { name: 'AT_ASC', keys: byTime, direction: 'asc' },
  AT_DESC: { name: 'AT_DESC', keys: byTime, direction: 'desc' },
};

const InsertedId = z.object({ id: z.number() });

const AuditEntryRow = z
  .object({
    id: z.number(),
    at: z.date(),
    action: z.string(),
    actor_kind: ActorKindColumn,
    actor_name: z.string(),
    api_key_id: z.number().nullable(),
    request_id: z.string(),
    address: z.string().nullable(),
    result: z.enum(['SUCCEEDED', 'REFUSED', 'INTERRUPTED']),
    code: z.string().nullable(),
    target_kind: z.enum(NODE_KINDS).nullable(),
    target_id: z.number().nullable(),
    changes: z.array(z.object({ field: z.string(), after: z.string() })),
  })
  .transform(
    (row): AuditEntry => ({
      id: row.id,
      at: row.at,
      action: row.action,
      actor: { kind: row.actor_kind, name: row.actor_name },
      apiKeyId: row.api_key_id,
      requestId: row.request_id,
      address: row.address,
      result: row.result,
      code: row.code,
      target: row.target_kind && row.target_id !== null ? { kind: row.target_kind, id: row.target_id } : null,
      changes: row.changes,
    }),
  );
