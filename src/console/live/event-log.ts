/** The newest rows of a destination's events, kept outside of React: it is told a few times a second, however many come. */

import type { Client as Socket } from 'graphql-ws';
import { type FollowState, followEvents } from './event-follower.js';
import { countUnlisted, type LiveRow, toRows } from './live-row.js';

/** What the view shows. */
export interface EventLogSnapshot {
  readonly state: FollowState | 'paused';
  /** Why, if there is something to say. */
  readonly message: string | null;
  /** Newest first, at most {@link MAX_ROWS}. */
  readonly rows: readonly LiveRow[];
  /** Events that came since the view was opened. */
  readonly count: number;
  /** Of them, records that their commits do not list: no filter finds them. */
  readonly unlisted: number;
}

/** Older rows are dropped: memory does not grow with the time that a view is open. */
export const MAX_ROWS = 200;
/** Rows that one commit adds at most: how long the page's thread is busy at a time goes by it. */
export const ROWS_OF_A_FLUSH = 20;
/** Time between two flushes. With the rows of one it bounds what is drawn: 400 rows a second. */
const FLUSH_MS = 50;

/** Follows events and keeps their rows; disposing ends it. */
export class EventLog implements Disposable {
  #snapshot: EventLogSnapshot = { state: 'connecting', message: null, rows: [], count: 0, unlisted: 0 };
  #waiting: LiveRow[] = [];
  #count = 0;
  #unlisted = 0;
  #flush: ReturnType<typeof setTimeout> | undefined;
  #running: AbortController | null = null;
  #cursor: string;
  readonly #listeners = new Set<() => void>();

  constructor(
    readonly socket: Socket,
    readonly destinationId: string,
    after: string,
  ) {
    this.#cursor = after;
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
    void followEvents({
      socket: this.socket,
      destinationId: this.destinationId,
      after: this.#cursor,
      signal,
      onUpdate: (update) => {
        if ('cursor' in update) this.#cursor = update.cursor;
        this.#add(toRows(update));
      },
      onState: (state, message) => !signal.aborted && this.#change({ state, message }),
    });
  }

  /** Stops reading and keeps the place. */
  pause(): void {
    this.#stop();
    this.#change({ state: 'paused', message: null });
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

  #add(rows: LiveRow[]): void {
    if (rows.length === 0) return;
    this.#waiting.push(...rows);
    for (const row of rows) {
      this.#count += row.events;
      this.#unlisted += countUnlisted(row);
    }
    this.#flush ??= setTimeout(() => this.#take(), FLUSH_MS);
  }

  #take(): void {
    const isBehind = this.#waiting.length > MAX_ROWS;
    const waiting = this.#waiting.slice(-MAX_ROWS);
    const fresh = waiting.slice(0, ROWS_OF_A_FLUSH).reverse();
    this.#waiting = waiting.slice(ROWS_OF_A_FLUSH);
    this.#flush = this.#waiting.length > 0 ? setTimeout(() => this.#take(), FLUSH_MS) : undefined;
    // Who falls behind by more than is kept begins anew with the newest: between two rows shown none is missing.
    const rows = [...fresh, ...(isBehind ? [] : this.#snapshot.rows)].slice(0, MAX_ROWS);
    this.#change({ rows, count: this.#count, unlisted: this.#unlisted });
  }

  #change(change: Partial<EventLogSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...change };
    for (const listener of this.#listeners) listener();
  }
}
