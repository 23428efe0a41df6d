/** Scheduled exports: the next due time of activations, and the exports of those whose time has come. */

import {
  beginRun,
  type DueActivation,
  findActivationSchedule,
  listDueActivations,
  type PlannedSchedule,
  setNextRun,
} from '../storage/activation-schedules.js';
import { readClock } from '../storage/clock.js';
import type { Db } from '../storage/database.js';
import { insertExports, type StartedExport } from '../storage/export-starts.js';
import { lockWorkspace } from '../storage/workspace-lock.js';
import type { ActivationState } from './activation.js';
import { countDueTimes, isSameSchedule, nextDueTime, type Schedule } from './schedule.js';
import { runTransaction } from './transaction.js';

/** What became of the activations that were due. */
export interface DueExports {
  started: StartedExport[];
  /** Tried again at the next call. */
  failures: { activationId: number; error: unknown }[];
}

/**
 * Plans a schedule that was given.
 * @param given checked; null clears, undefined keeps.
 * @returns what to store; undefined if it stays as it is, which keeps a due time that is being made up for.
 */
export async function planSchedule(
  tx: Db,
  given: Schedule | null | undefined,
  current: { state: ActivationState; schedule: Schedule | null },
): Promise<PlannedSchedule | null | undefined> {
  if (!given) return given;
  if (current.schedule && isSameSchedule(current.schedule, given)) return undefined;
  return { ...given, nextRunAt: nextRun(given, current.state, await readClock(tx)) };
}

/**
 * Plans an activation's next scheduled export from `now` on: call it in the transaction that pauses or resumes it.
 * Due times of a pause are not made up for.
 */
export async function rescheduleActivation(tx: Db, activationId: number, now: Date): Promise<void> {
  const found = await findActivationSchedule(tx, activationId);
  if (found?.schedule) await setNextRun(tx, activationId, nextRun(found.schedule, found.state, now));
}

/**
 * Starts the exports that are due, each in a transaction of its own, so that each due time has one export whatever the
 * number of nodes. One that the last scheduled export held up waits for the next due time after that one's end.
 * @param now default the database's clock.
 */
export async function startDueExports(db: Db, now?: Date): Promise<DueExports> {
  const until = now ?? (await readClock(db));
  const answer: DueExports = { started: [], failures: [] };
  for (const due of await listDueActivations(db, until)) {
    try {
      const started = await startDueExport(db, due, until);
      if (started) answer.started.push(started);
    } catch (error) {
      answer.failures.push({ activationId: due.id, error });
    }
  }
  return answer;
}

/** @returns null if it is not its turn. */
async function startDueExport(db: Db, due: DueActivation, now: Date): Promise<StartedExport | null> {
  const { schedule, dueAt, busyUntil } = due;
  if (busyUntil !== null && busyUntil >= dueAt) {
    const next = nextDueTime(schedule, busyUntil);
    if (next === null || next > now) return null;
  }
  // Before the lock, which holds up every writer of the workspace.
  const missedRuns = await countDueTimes(schedule, { after: dueAt, until: now });
  const nextRunAt = nextDueTime(schedule, now);
  return await runTransaction(db, async (tx) => {
    await lockWorkspace(tx, due.workspaceId, 'exclusive');
    const run = await beginRun(tx, due, { now, nextRunAt });
    if (!run) return null;
    const [started] = await insertExports(tx, {
      workspaceId: due.workspaceId,
      activationIds: [due.id],
      trigger: 'SCHEDULED',
      createdBy: { kind: 'SYSTEM', name: 'schedule' },
      since: schedule.mode === 'CHANGED_SINCE_LAST' ? run.lastRunAt : null,
      missedRuns,
    });
    if (!started) throw new Error(`Activation ${due.id} vanished under the workspace's lock.`);
    return started;
  });
}

function nextRun(schedule: Schedule, state: ActivationState, now: Date): Date | null {
  return state === 'ACTIVE' ? nextDueTime(schedule, now) : null;
}
