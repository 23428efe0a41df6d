/** Enabling and disabling destinations. What they keep meanwhile waits in the database, one record a profile. */

import type { Db } from '../storage/database.js';
import { setDestinationEnabled } from '../storage/destination-state.js';
import { lockWorkspace } from '../storage/workspace-lock.js';
import { type Destination, getDestination } from './destination.js';
import { runTransaction } from './transaction.js';

/** Enables and disables destinations of one workspace at a time. */
export interface DestinationStates {
  /** Lets a destination deliver again; no effect on an enabled one. @throws {NotFoundError} */
  enable(workspaceId: number, id: number): Promise<Destination>;
  /** Holds all deliveries to a destination; no effect on a disabled one. @throws {NotFoundError} */
  disable(workspaceId: number, id: number): Promise<Destination>;
}

/** What the service needs. */
export interface DestinationStatesOptions {
  db: Db;
  /** Tells the workers that a destination has work; called after the commit. */
  wake(destinationId: number): void;
}

/** Makes the service. */
export function createDestinationStates({ db, wake }: DestinationStatesOptions): DestinationStates {
  const change = async (workspaceId: number, id: number, enabled: boolean): Promise<Destination> => {
    const destination = await runTransaction(db, (tx) => changeUnderLock(tx, workspaceId, { id, enabled }));
    wake(id);
    return destination;
  };
  return {
    enable: (workspaceId, id) => change(workspaceId, id, true),
    disable: (workspaceId, id) => change(workspaceId, id, false),
  };
}

async function changeUnderLock(
  tx: Db,
  workspaceId: number,
  wanted: { id: number; enabled: boolean },
): Promise<Destination> {
  // Exclusive, and before the destination's row: an export starts wholly before its destination is disabled.
  await lockWorkspace(tx, workspaceId, 'exclusive');
  await setDestinationEnabled(tx, workspaceId, wanted);
  return await getDestination(tx, workspaceId, wanted.id);
}
