/** What comes by itself, by the database's clock: scheduled exports that are due, memberships that end. */

import type { BaseLogger } from 'pino';
import { expireMemberships } from './domain/membership-expiry.js';
import type { Profiles } from './domain/profile.js';
import { startDueExports } from './domain/scheduled-export.js';
import { repeat } from './repeat.js';
import type { Db } from './storage/database.js';

/** What the scheduler needs. */
export interface SchedulerParts {
  db: Db;
  log: BaseLogger;
  profiles: Pick<Profiles, 'apply'>;
  /** Tells the workers that a destination has work; called after the commit. */
  wake(destinationId: number): void;
  /** How late something may come. Default one second. */
  intervalMs?: number;
}

const SECOND_MS = 1_000;

/** Looks at once and then each interval; any number of nodes may. Disposing waits for what is under way. */
export function startScheduler(options: SchedulerParts): AsyncDisposable {
  const { intervalMs = SECOND_MS, ...parts } = options;
  const loops = [
    repeat(() => startExports(parts), intervalMs),
    repeat((signal) => endMemberships(parts, signal), intervalMs),
  ];
  return {
    async [Symbol.asyncDispose]() {
      await Promise.all(loops.map((loop) => loop[Symbol.asyncDispose]()));
    },
  };
}

async function startExports({ db, log, wake }: SchedulerParts): Promise<void> {
  try {
    const { started, failures } = await startDueExports(db);
    for (const { destinationId } of started) wake(destinationId);
    for (const { activationId, error } of failures)
      log.error({ err: error, activationId }, 'a scheduled export could not be started; it is tried again');
  } catch (error) {
    log.warn({ err: error }, 'scheduled exports could not be looked for; it is tried again');
  }
}

async function endMemberships(parts: SchedulerParts, signal: AbortSignal): Promise<void> {
  try {
    while (!signal.aborted && (await expireMemberships(parts)).hasMore);
  } catch (error) {
    parts.log.warn({ err: error }, 'memberships that are over could not be ended; it is tried again');
  }
}
