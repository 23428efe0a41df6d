/** A tail over the test's database, with writers that notify as the engine does, and readers of its streams. */
import { type BaseLogger, pino } from 'pino';
import { afterEach } from 'vitest';
import type { DeliveryUpdate, EndUpdate, EventUpdate } from '../../src/events/delivery-update.js';
import { type EventStreams, EventTail, type EventTailOptions } from '../../src/events/tail.js';
import { DELIVERY_EVENT_CHANNEL } from '../../src/storage/event-tail.js';
import { createListener } from '../../src/storage/notification-listener.js';
import { createNotifier } from '../../src/storage/notifications.js';
import type { TestDatabase } from './test-database.js';

/** Starts tails; they end, with their listeners, after each test. */
export interface TestTails {
  /** Starts a tail, with the streams of who may see all; options beyond the database are its own. */
  start(options?: Partial<EventTailOptions>): EventTail & EventStreams;
  /** Tells all tails that a destination has events. */
  notify(destinationId: number): void;
}

/** Gives the test file tails over its database. */
export function useTails(database: TestDatabase, log: BaseLogger = pino({ level: 'silent' })): TestTails {
  const open: AsyncDisposable[] = [];
  let notifier: ReturnType<typeof createNotifier> | undefined;
  afterEach(async () => {
    for (const part of open.splice(0).reverse()) await part[Symbol.asyncDispose]();
    notifier = undefined;
  });
  return {
    start(options = {}) {
      const listener = options.listener ?? own(createListener({ connection: database.connection, log }));
      const tail = own(new EventTail({ db: database.db, log, stopGraceMs: 50, ...options, listener }));
      return Object.assign(tail, tail.admittedBy(options.db ?? database.db));
    },
    notify(destinationId) {
      notifier ??= own(createNotifier({ db: database.db, log }));
      notifier.notify(DELIVERY_EVENT_CHANNEL, String(destinationId));
    },
  };

  function own<Part extends AsyncDisposable>(part: Part): Part {
    open.push(part);
    return part;
  }
}

/** A listener that never hears anything, so that only polling helps. */
export const deafListener: EventTailOptions['listener'] = {
  subscribe: () => ({ [Symbol.dispose]: () => undefined }),
};

/** Reads updates until one meets the condition (which is the last one read) or the stream ends; leaves it open. */
export async function readUntil(
  stream: AsyncIterator<DeliveryUpdate>,
  isLast: (update: DeliveryUpdate) => boolean,
): Promise<DeliveryUpdate[]> {
  const updates: DeliveryUpdate[] = [];
  for (;;) {
    const { done, value } = await stream.next();
    if (done) return updates;
    updates.push(value);
    if (isLast(value)) return updates;
  }
}

/** Reads the next committed event; signs of life are passed over. */
export async function nextEvent(stream: AsyncIterator<DeliveryUpdate>): Promise<EventUpdate> {
  const update = (await readUntil(stream, ({ kind }) => kind !== 'POSITION')).at(-1);
  if (update?.kind !== 'EVENT') throw new Error(`Expected an event, got ${JSON.stringify(update)}.`);
  return update;
}

/** Reads to the end of a stream and gives its last update. */
export async function readEnd(stream: AsyncIterator<DeliveryUpdate>): Promise<EndUpdate> {
  const update = (await readUntil(stream, () => false)).at(-1);
  if (update?.kind !== 'END') throw new Error(`Expected an end, got ${JSON.stringify(update)}.`);
  return update;
}

/** Names an event by sequence and position, such as `3:1`. */
export function nameOf({ event }: EventUpdate): string {
  return `${event.sequence}:${event.position}`;
}

/** Names of the events among updates, in order. */
export function namesOf(updates: readonly DeliveryUpdate[]): string[] {
  return updates.flatMap((update) => (update.kind === 'EVENT' ? [nameOf(update)] : []));
}

/** Whether an update says that the stream is live. */
export function isLive(update: DeliveryUpdate): boolean {
  return update.kind === 'POSITION' && update.isCaughtUp;
}
