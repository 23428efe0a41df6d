/**
 * Plans of statements as they ran. The server tells each plan to the session that ran the statement (auto_explain, which
 * wants a superuser), so that what is judged is the very statement of the code, with its parameters, writes included.
 */

import { sql } from 'kysely';
import { z } from 'zod';
import { type Db, openDatabase } from '../../src/storage/database.js';

/** The plan of a statement, and what it took. */
export interface RanPlan {
  /** As in its comment, such as `lanes.claim`. */
  name: string;
  /** Rows and index entries that it looked at, also those that a filter removed. */
  rowsRead: number;
  /** Rows that it sorted, over all its sorts. */
  rowsSorted: number;
  /** Tables that it read from begin to end, with how many rows each. */
  wholeTables: Record<string, number>;
  /** Indented lines, for the message of a test that fails. */
  text: string;
}

/** Who plans: for the parameters of the call, or one plan for all calls, as prepared statements get in the long run. */
export type PlanMode = 'force_custom_plan' | 'force_generic_plan';

/** The session in which statements are planned. */
export interface PlanSession {
  mode: PlanMode;
  /** Whose requests the statements are of. Default: the owner's, for all workspaces. */
  workspaceId?: number;
}

/**
 * Does the work in a transaction that is rolled back.
 * @param work must use its `tx` alone.
 * @returns the plans of all statements with a name, in their order.
 */
export async function recordPlans(
  connection: string,
  { mode, workspaceId }: PlanSession,
  work: (tx: Db) => Promise<unknown>,
): Promise<RanPlan[]> {
  const plans: RanPlan[] = [];
  await using database = openDatabase({ connection, maxConnections: 1 });
  database.pool.on('connect', (client) => {
    client.on('notice', ({ message }) => {
      const plan = parsePlan(message ?? '');
      if (plan) plans.push(plan);
    });
  });
  const done = new Error('done');
  const transaction = database.db.transaction().execute(async (tx) => {
    await explainAll(tx, mode);
    if (workspaceId !== undefined) await bindTo(tx, workspaceId);
    await work(tx);
    throw done;
  });
  await transaction.catch((error: unknown) => {
    if (error !== done) throw error;
  });
  return plans;
}

async function explainAll(tx: Db, mode: PlanMode): Promise<void> {
  await sql`load 'auto_explain'`.execute(tx);
  await sql`
    select set_config(name, value, true) from (values
      ('auto_explain.log_min_duration', '0'), ('auto_explain.log_analyze', 'on'), ('auto_explain.log_timing', 'off'),
      ('auto_explain.log_format', 'json'), ('auto_explain.log_level', 'notice'),
      ('plan_cache_mode', ${mode}), ('jit', 'off')
    ) as setting(name, value)`.execute(tx);
}

/** As storage/workspace-sessions.ts does it. */
async function bindTo(tx: Db, workspaceId: number): Promise<void> {
  await sql`
    select set_config('role', 'tributary_app', true), set_config('tributary.workspace_id', ${String(workspaceId)}, true)`.execute(
    tx,
  );
}

/** A node of a plan, as the server writes it in JSON. */
export interface PlanNode {
  'Node Type': string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Relation Name'?: string | undefined;
  'Index Name'?: string | undefined;
  Alias?: string | undefined;
  'Rows Removed by Filter'?: number | undefined;
  'Rows Removed by Index Recheck'?: number | undefined;
  Filter?: string | undefined;
  Plans?: PlanNode[] | undefined;
}
/** Reads a {@link PlanNode}. */
export const PlanModel: z.ZodType<PlanNode> = z.lazy(() =>
  z.object({
    'Node Type': z.string(),
    'Actual Rows': z.number(),
    'Actual Loops': z.number(),
    'Relation Name': z.string().optional(),
    'Index Name': z.string().optional(),
    Alias: z.string().optional(),
    'Rows Removed by Filter': z.number().optional(),
    'Rows Removed by Index Recheck': z.number().optional(),
    Filter: z.string().optional(),
    Plans: z.array(PlanModel).optional(),
  }),
);
const Explained = z.object({ 'Query Text': z.string(), Plan: PlanModel });

function parsePlan(notice: string): RanPlan | null {
  const start = notice.indexOf('{');
  if (!notice.startsWith('duration:') || start < 0) return null;
  const explained = Explained.parse(JSON.parse(notice.slice(start)));
  const [, name] = /\/\* ([\w.-]+)/.exec(explained['Query Text']) ?? [];
  if (name === undefined) return null;
  const nodes = flatten(explained.Plan, 0);
  const wholeTables: Record<string, number> = {};
  for (const { node } of nodes)
    if (node['Node Type'] === 'Seq Scan' && node['Relation Name'] !== undefined)
      wholeTables[node['Relation Name']] = (wholeTables[node['Relation Name']] ?? 0) + looked(node);
  return {
    name,
    rowsRead: sum(nodes, ({ node }) => (isScan(node) ? looked(node) : 0)),
    rowsSorted: sum(nodes, ({ node }) => (node['Node Type'] === 'Sort' ? sum(node.Plans ?? [], put) : 0)),
    wholeTables,
    text: nodes.map(describe).join('\n'),
  };
}

/** A scan of a table or an index; functions such as unnest read no table. */
function isScan(node: PlanNode): boolean {
  return node['Relation Name'] !== undefined || node['Index Name'] !== undefined;
}

function looked(node: PlanNode): number {
  const removed = (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0);
  return Math.round((node['Actual Rows'] + removed) * node['Actual Loops']);
}

function put(node: PlanNode): number {
  return Math.round(node['Actual Rows'] * node['Actual Loops']);
}

function flatten(node: PlanNode, depth: number): { node: PlanNode; depth: number }[] {
  return [{ node, depth }, ...(node.Plans ?? []).flatMap((inner) => flatten(inner, depth + 1))];
}

function describe({ node, depth }: { node: PlanNode; depth: number }): string {
  const on = [node['Relation Name'], node['Index Name'], node.Alias].filter(Boolean).join(' ');
  const filter = node.Filter === undefined ? '' : ` filter ${node.Filter}`;
  return `${' '.repeat(depth)}${node['Node Type']} ${on} rows=${put(node)} looked=${looked(node)}${filter}`;
}

function sum<Item>(items: readonly Item[], value: (item: Item) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}
