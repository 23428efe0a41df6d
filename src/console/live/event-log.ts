/** The newest rows of a destination's events, kept outside of React: it is told a few times a second, however many come. */

import type { Client as Socket } from 'graphql-ws';
import { type DeliveryUpdate, type FollowState, followEvents } from './event-follower.js';
import { EventTrail } from './event-trail.js';
import { countEvents, type LiveFilter, type LiveRow, toDeliveryFilter, toRows } from './live-row.js';

/** What the view shows. */
export interface EventLogSnapshot {
  readonly state: FollowState | 'paused';
  /** Why, if there is something to say. */
  readonly message: string | null;
  /** Newest first, at most {@link MAX_ROWS}. */
  readonly rows: readonly LiveRow[];
  /** Events that came, whatever the filter. */
  readonly count: number;
  /** Of them, those that the filter lets through. */
  readonly matching: number;
  /** What came after this time is counted, ISO 8601; null: since the view was opened. */
  readonly since: string | null;
  readonly filter: LiveFilter;
}

/** Older rows are dropped: memory does not grow with the time that a view is open. */
export const MAX_ROWS = 200;
/** Rows that one commit adds at most: how long the page's thread is busy at a time goes by it. */
export const ROWS_OF_A_FLUSH = 20;
/** Time between two flushes. With the rows of one it bounds what is drawn: 400 rows a second. */
const FLUSH_MS = 50;
const EMPTY = { rows: [], count: 0, matching: 0 };

/** What is followed. */
export interface EventLogOptions {
  readonly socket: Socket;
  readonly destinationId: string;
  /** Where the log begins. */
  readonly after: string;
  readonly filter: LiveFilter;
}

/** Follows events and keeps their rows; disposing ends it. */
export class EventLog implements Disposable {
  readonly #options: EventLogOptions;
  #snapshot: EventLogSnapshot;
  #waiting: LiveRow[] = [];
  #count = 0;
  #matching = 0;
  #flush: ReturnType<typeof setTimeout> | undefined;
  #running: AbortController | null = null;
  #cursor: string;
  readonly #trail: EventTrail;
  readonly #listeners = new Set<() => void>();

  constructor(options: EventLogOptions) {
    const { after, filter } = options;
    this.#options = options;
    this.#cursor = after;
    this.#trail = new EventTrail(after);
    this.#snapshot = { state: 'connecting', message: null, since: null, filter, ...EMPTY };
  }

  /** For `useSyncExternalStore`. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** For `useSyncExternalStore`. */
  readonly read = (): EventLogSnapshot => this.#snapshot;

  /** Begins, or goes on after {@link pause}: with everything that came meanwhile. */
  start(): void {
    if (this.#running) return;
    this.#running = new AbortController();
    const { signal } = this.#running;
    const { socket, destinationId } = this.#options;
    void followEvents({
      socket,
      destinationId,
      after: this.#cursor,
      filter: toDeliveryFilter(this.#snapshot.filter),
      signal,
      onUpdate: (update) => this.#take(update),
      onState: (state, message) => !signal.aborted && this.#change({ state, message }),
    });
  }

  /** Stops reading and keeps the place. */
  pause(): void {
    this.#stop();
    this.#change({ state: 'paused', message: null });
  }

  /**
   * Shows what another filter lets through, and goes on with it. The newest events are read again: the server looks
   * through all records of them, of which the rows may list a part only.
   */
  setFilter(filter: LiveFilter): void {
    const { outcome, profileId } = this.#snapshot.filter;
    if (filter.outcome === outcome && filter.profileId === profileId) return;
    this[Symbol.dispose]();
    const { cursor, at } = this.#trail.start;
    this.#trail.rewind();
    this.#cursor = cursor;
    this.#waiting = [];
    this.#count = 0;
    this.#matching = 0;
    this.#change({ filter, since: at, ...EMPTY });
    this.start();
  }

  [Symbol.dispose](): void {
    this.#stop();
    clearTimeout(this.#flush);
    this.#flush = undefined;
  }

  #stop(): void {
    this.#running?.abort();
    this.#running = null;
  }

  #take(update: DeliveryUpdate): void {
    const events = countEvents(update);
    const rows = toRows(update, this.#snapshot.filter);
    if ('cursor' in update) this.#cursor = update.cursor;
    if ('cursor' in update && update.__typename !== 'StreamPosition') this.#trail.note(update, events);
    if (events === 0) return;
    this.#waiting.push(...rows);
    this.#count += events;
    this.#matching += rows.reduce((sum, row) => sum + row.events, 0);
    this.#flush ??= setTimeout(() => this.#show(), FLUSH_MS);
  }

  #show(): void {
    const isBehind = this.#waiting.length > MAX_ROWS;
    const waiting = this.#waiting.slice(-MAX_ROWS);
    const fresh = waiting.slice(0, ROWS_OF_A_FLUSH).reverse();
    this.#waiting = waiting.slice(ROWS_OF_A_FLUSH);
    this.#flush = this.#waiting.length > 0 ? setTimeout(() => this.#show(), FLUSH_MS) : undefined;
    // Who falls behind by more than is kept begins anew with the newest: between two rows shown none is missing.
    const kept = isBehind ? [] : this.#snapshot.rows;
    const rows = fresh.length > 0 ? [...fresh, ...kept].slice(0, MAX_ROWS) : this.#snapshot.rows;
    this.#change({ rows, count: this.#count, matching: this.#matching });
  }

  #change(change: Partial<EventLogSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...change };
    for (const listener of this.#listeners) listener();
  }
}
