/** Chooses what a lane does next. Pure: its work and whose turn it was go in. */

import { DEFERRED_LIMIT, type LaneWork } from '../storage/lane-work.js';
import type { PageSource } from './page.js';

/** One step of a lane. */
export type Step =
  | { kind: 'cancel'; exportId: number }
  | { kind: 'list'; exportId: number }
  | { kind: 'send'; source: PageSource };

/** Whose turn it was: pending records and exports take turns, and so do the exports of a lane. */
export interface Turn {
  lastKind: 'pending' | 'export';
  lastExportId: number;
}

/** The turn of a lane that has done nothing yet. */
export const FIRST_TURN: Turn = { lastKind: 'export', lastExportId: 0 };

/**
 * The next step, or null if there is nothing to do now. Bookkeeping goes first; then pending records and export
 * pages alternate, so that neither starves the other. A lane with too many pending records takes no export page.
 */
export function chooseStep(work: LaneWork, turn: Turn): Step | null {
  const canceled = work.parts.find((part) => part.exportState === 'CANCELING');
  if (canceled) return { kind: 'cancel', exportId: canceled.exportId };
  const unlisted = work.parts.find((part) => part.state === 'PREPARING');
  if (unlisted) return { kind: 'list', exportId: unlisted.exportId };
  const sendable = work.pendingCount > DEFERRED_LIMIT ? [] : work.parts.filter((part) => part.sendable);
  const next = sendable.find((part) => part.exportId > turn.lastExportId) ?? sendable[0];
  if (work.pendingDue && (turn.lastKind === 'export' || !next)) return { kind: 'send', source: { kind: 'pending' } };
  return next ? { kind: 'send', source: { kind: 'export', exportId: next.exportId } } : null;
}

/** The turn after a step. */
export function nextTurn(turn: Turn, step: Step): Turn {
  if (step.kind !== 'send') return turn;
  if (step.source.kind === 'pending') return { ...turn, lastKind: 'pending' };
  return { lastKind: 'export', lastExportId: step.source.exportId };
}
