/** Pausing and resuming activations. What they keep meanwhile waits in the database, one record a profile. */

import { setActivationState } from '../storage/activations.js';
import { readClock } from '../storage/clock.js';
import type { Db } from '../storage/database.js';
import { lockWorkspace } from '../storage/workspace-lock.js';
import type { Activation, ActivationState } from './activation.js';
import { getActivation } from './activation-input.js';
import { rescheduleActivation } from './scheduled-export.js';
import { runTransaction } from './transaction.js';

/** What becomes of the changes kept during a pause: the latest state of each changed profile is sent, or all are skipped. */
export type OnResume = 'DISCARD' | 'LATEST_ONLY';

/** Pauses and resumes activations of one workspace at a time. */
export interface ActivationStates {
  /** Holds live deliveries and exports; no effect on a paused one. @throws {NotFoundError} */
  pause(workspaceId: number, id: number): Promise<Activation>;
  /** No effect on an active one, whatever becomes of changes. @throws {NotFoundError} */
  resume(workspaceId: number, id: number, onResume: OnResume): Promise<Activation>;
}

/** What the service needs. */
export interface ActivationStatesOptions {
  db: Db;
  /** Tells the workers that a destination has work; called after the commit. */
  wake(destinationId: number): void;
}

/** Makes the service. */
export function createActivationStates({ db, wake }: ActivationStatesOptions): ActivationStates {
  const change = async (workspaceId: number, wanted: Wanted): Promise<Activation> => {
    const activation = await runTransaction(db, (tx) => changeUnderLock(tx, workspaceId, wanted));
    wake(activation.destinationId);
    return activation;
  };
  return {
    pause: (workspaceId, id) => change(workspaceId, { id, state: 'PAUSED', discard: false }),
    resume: (workspaceId, id, onResume) =>
      change(workspaceId, { id, state: 'ACTIVE', discard: onResume === 'DISCARD' }),
  };
}

interface Wanted {
  id: number;
  state: ActivationState;
  discard: boolean;
}

async function changeUnderLock(tx: Db, workspaceId: number, wanted: Wanted): Promise<Activation> {
  // Exclusive: an export starts wholly before a pause, and a change that is to be discarded is written wholly before.
  await lockWorkspace(tx, workspaceId, 'exclusive');
  const current = await getActivation(tx, workspaceId, wanted.id);
  if (current.state === wanted.state) return current;
  await setActivationState(tx, wanted);
  await rescheduleActivation(tx, wanted.id, await readClock(tx));
  return await getActivation(tx, workspaceId, wanted.id);
}
