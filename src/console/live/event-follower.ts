/** Follows a destination's events over breaks: after each it goes on from the newest cursor, so nothing is missing or twice. */

import type { Client as Socket } from 'graphql-ws';
import { stringifyDocument } from 'urql';
import {
  type DeliveryFilter,
  DestinationEventsDocument,
  type DestinationEventsSubscription,
} from '../generated/graphql.js';

/** One message of the stream. */
export type DeliveryUpdate = DestinationEventsSubscription['deliveryEvents'];

/** How the stream is. */
export type FollowState = 'connecting' | 'replaying' | 'live' | 'lost' | 'ended';

/** What is followed, and who is told. */
export interface FollowOptions {
  readonly socket: Socket;
  readonly destinationId: string;
  /** Events after this cursor. */
  readonly after: string;
  /** Which records of a commit are listed. */
  readonly filter: DeliveryFilter;
  readonly signal: AbortSignal;
  onUpdate(update: DeliveryUpdate): void;
  /** `ended` is final; its message says why. */
  onState(state: FollowState, message: string | null): void;
}

const PAUSE_MS = 500;
/** The server gives a sign of life every 10 s; a connection that is silent for longer is dead, without saying so. */
const SILENCE_MS = 25_000;

/** Follows until the signal is aborted, or until the server says that there is nothing to go on with. */
export async function followEvents(options: FollowOptions): Promise<void> {
  const { signal, onState } = options;
  let cursor: string | null = options.after;
  while (!signal.aborted && cursor !== null) {
    onState('connecting', null);
    cursor = await followOnce(options, cursor).catch((error: unknown) => {
      if (!(error instanceof BrokenStreamError)) throw error;
      return error.cursor;
    });
    if (signal.aborted || cursor === null) return;
    onState('lost', 'The connection is lost; trying again.');
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

/** The socket broke; the cursor is where to go on. */
class BrokenStreamError extends Error {
  override readonly name = 'BrokenStreamError';

  constructor(
    readonly cursor: string,
    cause: unknown,
  ) {
    super('The stream of events broke.', { cause });
  }
}

/** One subscription. @returns where to go on, or null if the stream is over. */
async function followOnce(options: FollowOptions, after: string): Promise<string | null> {
  const { socket, destinationId, filter, signal, onUpdate, onState } = options;
  let cursor = after;
  const stream = socket.iterate<DestinationEventsSubscription>({
    query: stringifyDocument(DestinationEventsDocument),
    variables: { destinationId, after, filter },
  });
  const stop = () => void stream.return?.();
  const watchdog = watch(() => socket.terminate());
  signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const { data } of stream) {
      if (signal.aborted) return cursor;
      watchdog.reset();
      const update = data?.deliveryEvents;
      if (!update) continue;
      if (update.__typename === 'StreamEnded') {
        if (update.resumeAfter === null) onState('ended', update.message);
        return update.resumeAfter;
      }
      cursor = update.cursor;
      onUpdate(update);
      if (update.__typename === 'StreamPosition') onState(update.caughtUp ? 'live' : 'replaying', null);
    }
    return cursor;
  } catch (error) {
    throw new BrokenStreamError(cursor, error);
  } finally {
    watchdog.stop();
    signal.removeEventListener('abort', stop);
  }
}

function watch(onSilence: () => void) {
  let timer = setTimeout(onSilence, SILENCE_MS);
  return {
    reset() {
      clearTimeout(timer);
      timer = setTimeout(onSilence, SILENCE_MS);
    },
    stop: () => clearTimeout(timer),
  };
}
