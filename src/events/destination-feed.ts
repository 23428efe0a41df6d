/** Reads one destination's events once for all its subscribers on this node, as long as there are any. */

import type { BaseLogger } from 'pino';
import type { Db } from '../storage/database.js';
import { type EventBatch, type Positions, readEventsAfter } from '../storage/event-tail.js';
import { covers, takeInOrder } from './event-order.js';
import { EventRing } from './event-ring.js';
import { Wake } from './wake.js';

/** How a node follows events. */
export interface TailSettings {
  readonly db: Db;
  readonly log: BaseLogger;
  /** Pause between two looks when no notification comes. */
  readonly pollMs: number;
  /** Shortest pause between two looks, which cost 2 to 3 ms each: a busy destination calls up to 200 times a second. */
  readonly pauseMs: number;
  /** Events that a destination's ring keeps. */
  readonly ringCapacity: number;
  /** Events of each sequence that one statement reads. */
  readonly batchLimit: number;
  /** Longest time between two stream positions. */
  readonly heartbeatMs: number;
  /** How long a subscriber that is far behind may leave an update unread. */
  readonly slowAfterMs: number;
  /** Shortest time between two states of an export's progress. */
  readonly progressMs: number;
  /** How long a stopping node waits for its subscribers to take their last update. */
  readonly stopGraceMs: number;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
}

/** Someone whom a feed feeds; each pulls from the ring at its own pace. */
export interface FeedMember {
  /** Called after each look at the rows: a member that leaves too much unread takes itself out. */
  checkPace(): void;
}

/** Whose events a feed reads, and from where on. */
export interface FeedStart {
  workspaceId: number;
  destinationId: number;
  newest: Positions;
}

/** A destination's reader and its ring. */
export class DestinationFeed {
  readonly ring: EventRing;
  readonly members = new Set<FeedMember>();
  readonly #settings: TailSettings;
  readonly #start: FeedStart;
  readonly #changes = new Wake();
  readonly #calls = new Wake();
  readonly #closing = new AbortController();
  /** At first too: what was committed since the start's snapshot may have been announced before anybody listened. */
  #isCalled = true;
  #isDeleted = false;

  constructor(settings: TailSettings, start: FeedStart) {
    this.#settings = settings;
    this.#start = start;
    this.ring = new EventRing(start.newest, settings.ringCapacity);
  }

  /** Whose events it reads. */
  get destinationId(): number {
    return this.#start.destinationId;
  }

  /** Whether the destination is gone. */
  get isDeleted(): boolean {
    return this.#isDeleted;
  }

  /** Reads until closed; errors are logged and tried again. */
  async run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted && !this.#isDeleted) {
      if (!this.#isCalled) await this.#calls.wait({ timeoutMs: this.#settings.pollMs, signal });
      if (signal.aborted) return;
      this.#isCalled = false;
      const hasNews = await this.#look();
      for (const member of [...this.members]) member.checkPace();
      if (hasNews) this.wakeAll();
      await new Wake().wait({ timeoutMs: this.#settings.pauseMs, signal });
    }
  }

  /** Says that there may be news; calls during a look lead to one more. */
  call(): void {
    this.#isCalled = true;
    this.#calls.wakeAll();
  }

  /** Waits until something has changed here, or the time is over. */
  wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    return this.#changes.wait({ timeoutMs, signal });
  }

  /** Ends every {@link wait}. */
  wakeAll(): void {
    this.#changes.wakeAll();
  }

  /** Stops reading. */
  close(): void {
    this.#closing.abort();
  }

  /** Answers whether anything has changed for the members. */
  async #look(): Promise<boolean> {
    const { workspaceId, destinationId } = this.#start;
    const { db, batchLimit, log } = this.#settings;
    try {
      const request = { workspaceId, destinationId, positions: this.ring.end, limit: batchLimit };
      return this.#take(await readEventsAfter(db, request));
    } catch (error) {
      log.warn({ err: error, destinationId }, 'delivery events were not read; trying again');
      return false;
    }
  }

  #take(batch: EventBatch | null): boolean {
    this.#isDeleted = batch === null;
    if (batch === null) return true;
    const { events, positions, hasGap } = takeInOrder(this.ring.end, batch);
    // After an outage longer than retention: subscribers find the gap in the rows and end by name.
    if (hasGap) this.ring.reset(batch.newest);
    else this.ring.append(events);
    // What is held back without anything before it waits for the next look, or this would spin.
    this.#isCalled ||= events.length > 0 && !covers(positions, batch.newest);
    return hasGap || events.length > 0;
  }
}
