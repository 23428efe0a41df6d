/**
 * What comes next behind a subscriber's positions: from the rows while it is behind the ring, from the ring once that
 * holds all it lacks, and from the rows again when it falls out. The positions alone decide: whichever way it reads,
 * nothing is missed and nothing repeated. It holds one batch at most, so a slow subscriber costs no memory.
 */

import { type CommittedEvent, type Positions, readEventsAfter, readOldestPositions } from '../storage/event-tail.js';
import type { DestinationFeed, TailSettings } from './destination-feed.js';
import { advance, covers, farthest, isPassed, takeInOrder } from './event-order.js';

/** An event as it was read. */
export interface ReadEvent {
  event: CommittedEvent;
  /** Its number in the ring; null if it was read from the rows. */
  number: number | null;
}

/** What a look found. */
export type EventReading =
  | { kind: 'EVENTS'; events: ReadEvent[] }
  /** Events behind the positions are not kept any more; `oldest` is where one can go on. */
  | { kind: 'EXPIRED'; oldest: Positions }
  | { kind: 'DELETED' };

/** Where a reader reads. */
export interface EventReaderOptions {
  settings: TailSettings;
  feed: DestinationFeed;
  workspaceId: number;
  destinationId: number;
  positions: Positions;
}

/** The reading side of one subscription. */
export class EventReader {
  readonly #options: EventReaderOptions;
  #positions: Positions;
  /** Number of the ring's next entry; null while reading rows. */
  #ringNumber: number | null = null;
  /** Whether the rows gave nothing although there is more: they could not be read, or it is held back. */
  #isStuck = false;

  constructor(options: EventReaderOptions) {
    this.#options = options;
    this.#positions = options.positions;
  }

  /** Positions after the last event that was {@link pass}ed. */
  get positions(): Positions {
    return this.#positions;
  }

  /** Whether it reads from the ring, and no more from the rows. */
  get isLive(): boolean {
    return this.#ringNumber !== null;
  }

  /** Whether everything that this node knows has been read. */
  get isCaughtUp(): boolean {
    return this.#ringNumber === this.#options.feed.ring.nextNumber;
  }

  /** Number of the ring's next event if everything before it was passed, and nothing beyond; else null. */
  get liveAt(): number | null {
    const { ring } = this.#options.feed;
    const isLevel = this.isCaughtUp && covers(this.#positions, ring.end) && covers(ring.end, this.#positions);
    return isLevel ? ring.nextNumber : null;
  }

  /** Number of the ring's next event to read; null while reading rows. */
  get ringNumber(): number | null {
    return this.#ringNumber;
  }

  /** Reads the next events; pass each of them before the next read. Database errors are logged and read as no events. */
  async read(): Promise<EventReading> {
    const events = this.#readRing();
    if (events) return { kind: 'EVENTS', events };
    try {
      return await this.#readRows();
    } catch (error) {
      const { settings, destinationId } = this.#options;
      settings.log.warn({ err: error, destinationId }, 'delivery events were not replayed; trying again');
      this.#isStuck = true;
      return { kind: 'EVENTS', events: [] };
    }
  }

  /** Moves the positions past an event of the last read. */
  pass(event: CommittedEvent): void {
    this.#positions = advance(this.#positions, event);
  }

  /** Waits for news after a read without any, but not longer than the time given. */
  async rest(timeoutMs: number, signal: AbortSignal): Promise<void> {
    const { feed, settings } = this.#options;
    if (this.isCaughtUp) await feed.wait(timeoutMs, signal);
    else if (this.#isStuck) await feed.wait(Math.min(timeoutMs, settings.pollMs), signal);
  }

  /** Null if the ring has not all that lies behind the positions. */
  #readRing(): ReadEvent[] | null {
    const { ring } = this.#options.feed;
    const number = this.#ringNumber ?? ring.join(this.#positions);
    const entries = number === null ? null : ring.from(number);
    this.#ringNumber = entries && ring.nextNumber;
    if (number === null || entries === null) return null;
    const events = entries.map((event, index) => ({ event, number: number + index }));
    // Right after joining, the ring's oldest entries may have been read from the rows already.
    return events.filter(({ event }) => !isPassed(this.#positions, event));
  }

  async #readRows(): Promise<EventReading> {
    const { settings, workspaceId, destinationId } = this.#options;
    const positions = this.#positions;
    const request = { workspaceId, destinationId, positions, limit: settings.batchLimit };
    const batch = await readEventsAfter(settings.db, request);
    if (batch === null) return { kind: 'DELETED' };
    const ordered = takeInOrder(positions, batch);
    if (ordered.hasGap) {
      const oldest = await readOldestPositions(settings.db, destinationId);
      // What was passed already must not come again.
      return { kind: 'EXPIRED', oldest: farthest(positions, oldest) };
    }
    this.#isStuck = ordered.events.length === 0 && !covers(positions, batch.newest);
    return { kind: 'EVENTS', events: ordered.events.map((event) => ({ event, number: null })) };
  }
}
