/** The newest events of a destination in memory, shared by all its subscribers on this node. */

import type { CommittedEvent, Positions } from '../storage/event-tail.js';
import { advance, covers } from './event-order.js';

/** Holds at most `capacity` events, numbered as they come; the oldest give way. */
export class EventRing {
  readonly #capacity: number;
  #events: CommittedEvent[] = [];
  /** Positions before the oldest event here: who has passed them misses nothing. */
  #start: Positions;
  #end: Positions;
  #nextNumber = 0;

  constructor(start: Positions, capacity: number) {
    this.#start = start;
    this.#end = start;
    this.#capacity = capacity;
  }

  /** Positions after the newest event. */
  get end(): Positions {
    return this.#end;
  }

  /** Number of the next event to come. */
  get nextNumber(): number {
    return this.#nextNumber;
  }

  /** Adds events, which must go on where the ring ends. */
  append(events: readonly CommittedEvent[]): void {
    this.#events.push(...events);
    this.#nextNumber += events.length;
    this.#end = events.reduce(advance, this.#end);
    const surplus = Math.max(0, this.#events.length - this.#capacity);
    this.#start = this.#events.splice(0, surplus).reduce(advance, this.#start);
  }

  /** Starts anew, empty, at these positions; whoever reads by number has to join again. */
  reset(start: Positions): void {
    this.#events = [];
    this.#nextNumber += 1;
    this.#start = start;
    this.#end = start;
  }

  /** Number to read from for a subscriber at these positions; null if what it lacks is not all here. */
  join(positions: Positions): number | null {
    return covers(positions, this.#start) ? this.#nextNumber - this.#events.length : null;
  }

  /** The events from a number on, oldest first; null if some of them are gone. */
  from(number: number): CommittedEvent[] | null {
    const first = this.#nextNumber - this.#events.length;
    return number < first ? null : this.#events.slice(number - first);
  }
}
