/**
 * Equal subscriptions run once. Once a subscriber's stream is live it leaves it and rides in a group: one stream, one
 * execution and one encoding for all who asked for the same with the same rights. Whoever leaves too much unread gets out
 * with its cursor and goes on alone, at its own pace, until it is live again.
 */

import type { ExecutionResult } from 'graphql';
import type { LiveStream, LiveUpdate } from '../graphql/live-stream.js';

/** Someone who gets what a group gets. */
export interface Rider {
  /**
   * Takes a result without waiting.
   * @param json the result as JSON; null if it has errors, which are told to each in its own way.
   * @returns false if it has left too much unread to go on with the others.
   */
  take(result: ExecutionResult, json: Buffer | null): boolean;
}

/** How a ride ended: with the stream, or before it, at a cursor from which to go on alone. */
export type RideEnd = { kind: 'ENDED' } | { kind: 'LEFT'; cursor: string };

/** A ride under way. */
export interface Ride {
  readonly ended: Promise<RideEnd>;
  /** Gets out; nothing is taken after it. */
  leave(): void;
}

/** Who boards, and what for. */
export interface Boarding {
  /** Of the group's to be: it is the group's own afterwards, or is ended if there is a group already. */
  stream: LiveStream;
  /** Of the newest update that the rider has. */
  cursor: string;
  /** Names everything besides the stream that results depend on. */
  key: string;
  rider: Rider;
  toResult(update: LiveUpdate): ExecutionResult | Promise<ExecutionResult>;
}

/** The groups of a process. */
export class ExecutionGroups {
  readonly #groups = new Map<string, Group>();

  /** Boards the group of a stream's subject and key, or opens it. @returns null if the stream has to go on alone for now. */
  board({ stream, cursor, key, rider, toResult }: Boarding): Ride | null {
    const { subject, liveAt: since } = stream;
    if (subject === null || since === null) return null;
    const name = JSON.stringify([subject, key]);
    const group = this.#groups.get(name);
    if (group && !group.isLive) return null;
    if (group) {
      const ride = group.board(rider, { since, cursor });
      // Only now: the stream keeps alive what numbers are counted by.
      void stream.return?.();
      return ride;
    }
    const opened = new Group({ stream, cursor, toResult, onEmpty: () => this.#close(name, opened) });
    this.#groups.set(name, opened);
    const ride = opened.board(rider, { since, cursor });
    void opened.run().finally(() => this.#close(name, opened));
    return ride;
  }

  #close(name: string, group: Group): void {
    if (this.#groups.get(name) === group) this.#groups.delete(name);
  }
}

interface Seat {
  readonly rider: Rider;
  /** Number of the first update that is its. */
  readonly since: number;
  /** Of the newest update that it had before it boarded. */
  readonly cursor: string;
  readonly end: (end: RideEnd) => void;
}

class Group {
  readonly #parts: Pick<Boarding, 'stream' | 'toResult'> & { onEmpty(): void };
  /** Those who have everything up to the cursor. */
  readonly #seats = new Set<Seat>();
  /** Those who boarded ahead of the group: it has something to catch up with. */
  readonly #ahead = new Set<Seat>();
  #cursor: string;
  #isLive = true;

  constructor({ cursor, ...parts }: Pick<Boarding, 'stream' | 'cursor' | 'toResult'> & { onEmpty(): void }) {
    this.#parts = parts;
    this.#cursor = cursor;
  }

  /** Whether its place can be compared with that of a newcomer. */
  get isLive(): boolean {
    return this.#isLive;
  }

  board(rider: Rider, { since, cursor }: Pick<Seat, 'since' | 'cursor'>): Ride {
    let leave = () => {};
    const ended = new Promise<RideEnd>((resolve) => {
      const seat: Seat = { rider, since, cursor, end: resolve };
      this.#ahead.add(seat);
      leave = () => this.#let(seat, { kind: 'ENDED' });
    });
    return { ended, leave };
  }

  /** Runs until the stream ends or nobody is left. Never rejects: after a failure all go on alone, and meet it themselves. */
  async run(): Promise<void> {
    const { stream, toResult } = this.#parts;
    try {
      for (let next = await stream.next(); !next.done; next = await stream.next()) {
        this.#admit(next.value);
        // Those ahead have it already.
        const slow = this.#seats.size > 0 ? this.#hand(await toResult(next.value)) : [];
        // Behind the last update there is nothing to go on with.
        if (next.value.cursor === undefined) continue;
        this.#cursor = next.value.cursor;
        for (const seat of slow) this.#letGo(seat);
      }
      for (const seat of this.#seats) this.#let(seat, { kind: 'ENDED' });
    } catch {
      // What failed fails again for each, who tells it to its own client.
    }
    this.#isLive = false;
    for (const seat of [...this.#seats, ...this.#ahead]) this.#letGo(seat);
  }

  /** Lets those in whose first update this is; outside of the order nobody can tell whose it is. */
  #admit({ number }: LiveUpdate): void {
    this.#isLive = number !== null;
    for (const seat of this.#ahead) {
      if (number === null) this.#letGo(seat);
      else if (seat.since <= number) {
        this.#ahead.delete(seat);
        this.#seats.add(seat);
      }
    }
  }

  /** @returns who cannot keep up. */
  #hand(result: ExecutionResult): Seat[] {
    const json = result.errors ? null : Buffer.from(JSON.stringify(result));
    const slow: Seat[] = [];
    for (const seat of this.#seats) if (!seat.rider.take(result, json)) slow.push(seat);
    return slow;
  }

  #letGo(seat: Seat): void {
    this.#let(seat, { kind: 'LEFT', cursor: this.#ahead.has(seat) ? seat.cursor : this.#cursor });
  }

  #let(seat: Seat, end: RideEnd): void {
    if (!this.#seats.delete(seat) && !this.#ahead.delete(seat)) return;
    seat.end(end);
    if (this.#seats.size + this.#ahead.size > 0) return;
    this.#parts.onEmpty();
    void this.#parts.stream.return?.();
  }
}
