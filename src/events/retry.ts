/** Reads again until the database answers: a restart of it must not end streams that could go on. */

import type { TailSettings } from './destination-feed.js';
import type { Feeds } from './feeds.js';
import { Wake } from './wake.js';

/** What ends the trying. */
export interface RetryOptions {
  settings: TailSettings;
  feeds: Feeds;
  signal: AbortSignal;
}

/** Reads, and after an error logs it and tries again each poll interval; undefined once the stream or the node ends. */
export async function readWithRetry<Answer>(
  read: () => Promise<Answer>,
  { settings, feeds, signal }: RetryOptions,
): Promise<Answer | undefined> {
  while (!signal.aborted && !feeds.isStopping) {
    try {
      return await read();
    } catch (error) {
      settings.log.warn({ err: error }, 'a stream of events cannot read the database; trying again');
      await new Wake().wait({ timeoutMs: settings.pollMs, signal });
    }
  }
  return undefined;
}
