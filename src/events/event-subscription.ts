/** One subscriber to a destination's events: which events it gets, the cursor of each, signs of life, and the end. */

import type { Db } from '../storage/database.js';
import { findTailStart, type Positions, type TailStart } from '../storage/event-tail.js';
import {
  type DeliveryEventsRequest,
  type DeliveryUpdate,
  type EndUpdate,
  isFinalState,
  isWanted,
} from './delivery-update.js';
import type { DestinationFeed, FeedMember, TailSettings } from './destination-feed.js';
import { decodeEventCursor, encodeEventCursor } from './event-cursor.js';
import { countBetween, covers } from './event-order.js';
import { EventReader, type ReadEvent } from './event-reader.js';
import type { Feeds } from './feeds.js';
import { readWithRetry } from './retry.js';
import { endOf } from './stream-end.js';

/** What a subscription is made of. */
export interface EventSubscriptionOptions {
  settings: TailSettings;
  feeds: Feeds;
  request: DeliveryEventsRequest;
  /** What the caller may see: the destination, export and activation are looked up there. */
  admission: Db;
  /** Ends the stream without a word. */
  signal: AbortSignal;
}

/** The state of one subscription, from its first update to its last. */
export class EventSubscription implements FeedMember {
  readonly #options: EventSubscriptionOptions;
  #reader: EventReader | null = null;
  #feed: DestinationFeed | null = null;
  /** With an export that had finished before: the stream ends there. */
  #lastPositions: Positions | null = null;
  #hasSaidCaughtUp = false;
  #saidPositionAt: number;
  /** When an update was handed over; null while the next one is awaited. */
  #offeredAt: number | null = null;
  #end: EndUpdate | null = null;

  constructor(options: EventSubscriptionOptions) {
    this.#options = options;
    this.#saidPositionAt = options.settings.now();
  }

  /** As {@link DeliveryStream.liveAt}. */
  get liveAt(): number | null {
    if (this.#end || this.#feed?.isDeleted || this.#options.feeds.isStopping) return null;
    return this.#reader?.liveAt ?? null;
  }

  /** Notes when an update was handed over, or with null that the next one is asked for. */
  noteOffer(at: number | null): void {
    this.#offeredAt = at;
  }

  /** The updates, as they are asked for; the last one is an END, unless the signal ended it. */
  async *updates(): AsyncGenerator<DeliveryUpdate, void> {
    const { settings, admission, feeds, request, signal } = this.#options;
    const start = await readWithRetry(() => findTailStart(admission, request), this.#options);
    if (signal.aborted) return;
    const opened = this.#open(start ?? null);
    if ('kind' in opened) return void (yield opened);
    const { workspaceId, destinationId } = request;
    const feed = feeds.join(this, { workspaceId, destinationId, newest: opened.newest });
    this.#feed = feed;
    this.#reader = new EventReader({ settings, feed, workspaceId, destinationId, positions: opened.positions });
    try {
      while (!signal.aborted && !this.#end) yield* this.#step(this.#reader);
      if (this.#end && !signal.aborted) yield this.#end;
    } finally {
      feeds.leave(this, feed);
    }
  }

  checkPace(): void {
    const { settings, feeds } = this.#options;
    if (!this.#reader || !this.#feed || this.#offeredAt === null || this.#end) return;
    if (settings.now() - this.#offeredAt < settings.slowAfterMs) return;
    if (countBetween(this.#reader.positions, this.#feed.ring.end) <= settings.ringCapacity) return;
    this.#end = endOf('CONSUMER_TOO_SLOW', this.#cursor(this.#reader));
    feeds.leave(this, this.#feed);
  }

  #open(start: TailStart | null): EndUpdate | { newest: Positions; positions: Positions } {
    const { request, feeds } = this.#options;
    if (feeds.isStopping) return endOf('SERVER_STOPPING', request.after ?? null);
    if (!start?.hasExport || !start.hasActivation) return endOf('NOT_FOUND');
    const { newest } = start;
    const positions = request.after == null ? newest : readPositions(request.after, request.destinationId);
    // A position that no event has yet is of a database that was set back, or forged: events would be missed.
    if (positions === null || !covers(newest, positions)) return endOf('CURSOR_INVALID');
    if (start.isExportFinished) this.#lastPositions = newest;
    return { newest, positions };
  }

  async *#step(reader: EventReader): AsyncGenerator<DeliveryUpdate, void> {
    const reading = await reader.read();
    if (reading.kind !== 'EVENTS') {
      this.#end =
        reading.kind === 'DELETED'
          ? endOf('DESTINATION_DELETED')
          : endOf('CURSOR_EXPIRED', encodeEventCursor(this.#place(reading.oldest)));
      return;
    }
    yield* this.#sendAll(reading.events, reader);
    if (this.#end) return;
    if (this.#isPositionDue(reader)) yield this.#position(reader);
    this.#end ??= this.#outerEnd(reader);
    const { settings, signal } = this.#options;
    const restMs = this.#saidPositionAt + settings.heartbeatMs - settings.now();
    if (reading.events.length === 0 && !this.#end) await reader.rest(restMs, signal);
  }

  async *#sendAll(events: ReadEvent[], reader: EventReader): AsyncGenerator<DeliveryUpdate, void> {
    const { request, feeds, signal } = this.#options;
    for (const { event, number } of events) {
      if (this.#end || signal.aborted || feeds.isStopping) return;
      reader.pass(event);
      if (isWanted(event, request)) yield { kind: 'EVENT', cursor: this.#cursor(reader), number, event };
      if (isFinalState(event, request.exportId)) this.#end ??= endOf('EXPORT_FINISHED');
    }
  }

  /** Ends that come from outside this stream's events. */
  #outerEnd(reader: EventReader): EndUpdate | null {
    if (this.#options.feeds.isStopping) return endOf('SERVER_STOPPING', this.#cursor(reader));
    if (this.#feed?.isDeleted && reader.isCaughtUp) return endOf('DESTINATION_DELETED');
    if (this.#lastPositions && covers(reader.positions, this.#lastPositions)) return endOf('EXPORT_FINISHED');
    return null;
  }

  #isPositionDue(reader: EventReader): boolean {
    if (!reader.isLive) this.#hasSaidCaughtUp = false;
    if (reader.isCaughtUp && !this.#hasSaidCaughtUp) return true;
    const { settings } = this.#options;
    return settings.now() - this.#saidPositionAt >= settings.heartbeatMs;
  }

  #position(reader: EventReader): DeliveryUpdate {
    this.#saidPositionAt = this.#options.settings.now();
    this.#hasSaidCaughtUp ||= reader.isCaughtUp;
    const { ringNumber: number, isCaughtUp } = reader;
    return { kind: 'POSITION', at: new Date(), cursor: this.#cursor(reader), number, isCaughtUp };
  }

  #cursor(reader: EventReader): string {
    return encodeEventCursor(this.#place(reader.positions));
  }

  #place(positions: Positions): { destinationId: number; positions: Positions } {
    return { destinationId: this.#options.request.destinationId, positions };
  }
}

function readPositions(cursor: string, destinationId: number): Positions | null {
  const place = decodeEventCursor(cursor);
  return place?.destinationId === destinationId ? place.positions : null;
}
