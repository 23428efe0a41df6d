/** The feeds of a node: one for each destination that somebody watches, and none for the others. */

import { DestinationFeed, type FeedMember, type FeedStart, type TailSettings } from './destination-feed.js';
import { Wake } from './wake.js';

/** Keeps the feeds; disposing ends them. */
export class Feeds implements AsyncDisposable {
  readonly #settings: TailSettings;
  readonly #feeds = new Map<number, DestinationFeed>();
  readonly #running = new Set<Promise<void>>();
  readonly #departures = new Wake();
  #memberCount = 0;
  #isStopping = false;

  constructor(settings: TailSettings) {
    this.#settings = settings;
  }

  /** Whether the node is shutting down: streams end by name. */
  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** Joins the feed of a destination; the first to come starts it at the position given. */
  join(member: FeedMember, start: FeedStart): DestinationFeed {
    const feed = this.#feeds.get(start.destinationId) ?? this.#startFeed(start);
    feed.members.add(member);
    this.#memberCount += 1;
    return feed;
  }

  /** Leaves a feed; the last to go ends it. Leaving twice does nothing. */
  leave(member: FeedMember, feed: DestinationFeed): void {
    if (!feed.members.delete(member)) return;
    this.#memberCount -= 1;
    this.#departures.wakeAll();
    if (feed.members.size > 0) return;
    feed.close();
    if (this.#feeds.get(feed.destinationId) === feed) this.#feeds.delete(feed.destinationId);
  }

  /** Says that destinations have news; without ids, that any may have. */
  call(destinationIds: readonly number[]): void {
    if (destinationIds.length === 0) for (const feed of this.#feeds.values()) feed.call();
    for (const id of destinationIds) this.#feeds.get(id)?.call();
  }

  /** Ends the reading, and gives members a moment to take their last update: after it their sockets may be closed. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopping = true;
    for (const feed of this.#feeds.values()) {
      feed.close();
      feed.wakeAll();
    }
    await Promise.all(this.#running);
    const { stopGraceMs } = this.#settings;
    const signal = AbortSignal.timeout(stopGraceMs);
    while (this.#memberCount > 0 && !signal.aborted) await this.#departures.wait({ timeoutMs: stopGraceMs, signal });
  }

  #startFeed(start: FeedStart): DestinationFeed {
    const feed = new DestinationFeed(this.#settings, start);
    this.#feeds.set(start.destinationId, feed);
    const running = feed.run().finally(() => this.#running.delete(running));
    this.#running.add(running);
    return feed;
  }
}
