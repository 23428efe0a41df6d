/** Backfills: exports of the members that segments have already when they are activated. */

import type { Db } from '../storage/database.js';
import { insertExports } from '../storage/export-starts.js';
import type { InputIssues } from './input-issues.js';
import { checkRecordRate } from './record-rate.js';
import type { Actor } from './viewer.js';

/** Whom a backfill covers: present members, nobody, or present members whose membership changed since a time. */
export type BackfillMode = 'ALL' | 'NONE' | 'SINCE';

/** What becomes of present members, as a client gave it. */
export interface BackfillChoice {
  mode: BackfillMode;
  /** SINCE: when the membership changed at the earliest. */
  since?: Date | null;
  maxRecordsPerSecond?: number | null;
}

/** A choice that was checked. Equal ones look equal, however they were given: idempotent calls are compared by them. */
export interface Backfill {
  mode: BackfillMode;
  since: Date | null;
  maxRecordsPerSecond: number | null;
}

/** Checks the field `backfill` of an input; null and undefined export all. */
export function checkBackfill(issues: InputIssues, choice: BackfillChoice | null | undefined): Backfill {
  const { mode, since = null, maxRecordsPerSecond = null } = choice ?? { mode: 'ALL' };
  checkRecordRate(issues, ['backfill', 'maxRecordsPerSecond'], maxRecordsPerSecond);
  if (mode === 'SINCE' && since === null) {
    const message = 'Mode SINCE needs `backfill.since`: give the time, or choose mode ALL.';
    issues.add('REQUIRED', ['backfill', 'since'], message);
  }
  if (mode !== 'SINCE' && since !== null) {
    const message = `\`backfill.since\` does not go with mode ${mode}: leave it out, or choose mode SINCE.`;
    issues.add('NOT_ALLOWED', ['backfill', 'since'], message);
  }
  return { mode, since, maxRecordsPerSecond };
}

/**
 * Starts a backfill in the transaction that maps its segments; its members are listed later, by the lanes' owners.
 * @param order `segmentKeys`: customer's ids of mapped segments; null means all of the activation.
 * @returns the export's id; null with mode NONE.
 */
export async function startBackfill(
  tx: Db,
  order: {
    workspaceId: number;
    activationId: number;
    backfill: Backfill;
    segmentKeys: readonly string[] | null;
    createdBy: Actor;
  },
): Promise<number | null> {
  const { activationId, backfill, ...start } = order;
  if (backfill.mode === 'NONE') return null;
  const [started] = await insertExports(tx, {
    ...start,
    activationIds: [activationId],
    trigger: 'BACKFILL',
    since: backfill.since,
    maxRecordsPerSecond: backfill.maxRecordsPerSecond,
  });
  if (!started) throw new Error(`Activation ${activationId} vanished under the workspace's lock.`);
  return started.id;
}
