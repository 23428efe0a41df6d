/**
 * The audit log: who did what, when, from where, and what came of it. The edge opens a trail for each call of a mutation,
 * and for each upload, and hands the services a database bound to it; {@link runTransaction} of such a database writes the entry in the same
 * transaction as the change. So no service has to think of it.
 */

import { insertAuditEntry, settleAuditEntry } from '../storage/audit-entries.js';
import type { Db } from '../storage/database.js';
import type { NodeReference } from './user-error.js';
import type { Actor, Viewer } from './viewer.js';

/** One field that a call set, or one count of an upload. */
export interface AuditChange {
  field: string;
  /** JSON text of the value, or {@link HIDDEN}. */
  after: string;
}

/** Stands for a value that the audit log must not hold: secrets, personal data, and any text, since people mispaste. */
export const HIDDEN = 'changed';

/** A call of a mutation, or an upload, before it is known what comes of it. */
export interface AuditedCall {
  viewer: Viewer;
  /** The mutation's name, or {@link UploadAction}. */
  action: string;
  requestId: string;
  /** The client's address; null if it is not known. */
  address: string | null;
  /** What the input names; {@link noteTarget} says better. */
  target: NodeReference | null;
  changes: AuditChange[];
  /** The code that the entry has from the first transaction on until it is closed, if there may be several: it stays if the process dies. */
  codeMeanwhile?: string;
}

/** What uploads are called in the audit log. */
export type UploadAction = 'ingestProfiles' | 'ingestMemberships';

/** Code of an upload that ended in the middle. */
export const INGEST_INTERRUPTED = 'INGEST_INTERRUPTED';

/** A call as it is kept. */
export interface AuditEntry {
  id: number;
  at: Date;
  action: string;
  actor: Actor;
  apiKeyId: number | null;
  requestId: string;
  address: string | null;
  result: AuditResult;
  /** Code of the refusal or interruption; null if it succeeded. */
  code: string | null;
  target: NodeReference | null;
  changes: AuditChange[];
}

/** What came of a call. */
export type AuditResult = 'SUCCEEDED' | 'REFUSED' | 'INTERRUPTED';

/** The audit of one call. */
export interface AuditTrail {
  /** The database for the services of this call: its transactions carry the entry. */
  readonly db: Db;
  /**
   * Writes the entry of a call that was refused, or changed nothing; else corrects it to what came of the call.
   * @param code of the refusal or interruption; null if there was none.
   * @param counts what is known only at the end, in place of the call's `changes`.
   */
  close(code: string | null, counts?: AuditChange[]): Promise<void>;
}

interface OpenTrail {
  call: AuditedCall;
  target: NodeReference | null;
  /** The entry written last; it stays only if its transaction was committed. */
  entryId: number | null;
  isCommitted: boolean;
  /** The transaction in which {@link recordCall} wrote the entry. */
  recordedIn: Db | null;
}

/** By database: a pool that was bound, or a transaction of one. */
const trails = new WeakMap<Db, OpenTrail>();

/** Binds a database to a call. */
export function openTrail(pool: Db, call: AuditedCall): AuditTrail {
  const db = pool.withPlugin(ANOTHER_NAME);
  const { codeMeanwhile = null } = call;
  const trail: OpenTrail = { call, target: call.target, entryId: null, isCommitted: false, recordedIn: null };
  trails.set(db, trail);
  return {
    db,
    async close(code, counts) {
      const changes = counts ?? call.changes;
      if (!trail.isCommitted || trail.entryId === null)
        await record(pool, { ...trail, call: { ...call, changes } }, code);
      else if (code !== codeMeanwhile || counts)
        await settleAuditEntry(pool, trail.entryId, { code, result: resultOf(code), changes });
    },
  };
}

/** Does the work, then writes the entry of the call that the database is bound to, if it is and there is none yet. */
export async function recordedWork<Answer>(db: Db, tx: Db, work: (tx: Db) => Promise<Answer>): Promise<Answer> {
  const trail = trails.get(db);
  if (!trail) return await work(tx);
  trails.set(tx, trail);
  const answer = await work(tx);
  await recordCall(tx);
  return answer;
}

/**
 * Writes the entry of the call now, if there is none yet, rather than when the work is done: with other statements, it costs no
 * round trip of its own. {@link noteTarget} comes before.
 */
export async function recordCall(tx: Db): Promise<void> {
  const trail = trails.get(tx);
  if (!trail || trail.isCommitted || trail.recordedIn === tx) return;
  trail.recordedIn = tx;
  await record(tx, trail, trail.call.codeMeanwhile ?? null);
}

/** Notes that a transaction of this database was committed: what was recorded in it stays. */
export function noteCommit(db: Db): void {
  const trail = trails.get(db);
  if (trail) trail.isCommitted = true;
}

/** Says what a call was done to, if its input does not: what it made, or what it named by the customer's id. */
export function noteTarget(tx: Db, target: NodeReference): void {
  const trail = trails.get(tx);
  if (trail) trail.target = target;
}

async function record(db: Db, trail: OpenTrail, code: string | null): Promise<void> {
  const { call, target } = trail;
  const { viewer, action, requestId, address, changes } = call;
  const { workspaceId, actor, apiKeyId = null } = viewer;
  const result = resultOf(code);
  const entry = { workspaceId, actor, apiKeyId, action, requestId, address, result, code, target, changes };
  trail.entryId = await insertAuditEntry(db, entry);
}

function resultOf(code: string | null): AuditResult {
  if (code === null) return 'SUCCEEDED';
  return code === INGEST_INTERRUPTED ? 'INTERRUPTED' : 'REFUSED';
}

/** Does nothing: a plug-in is Kysely's way to a second handle of the same pool. */
const ANOTHER_NAME: Parameters<Db['withPlugin']>[0] = {
  transformQuery: ({ node }) => node,
  transformResult: async ({ result }) => result,
};
