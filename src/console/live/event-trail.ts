/** The way that a reader of events came, as far back as it may look again. */

/** A place on the way. */
export interface TrailPlace {
  readonly cursor: string;
  /** ISO 8601; null where the reader began. */
  readonly at: string | null;
}

/** Events that may be read again: enough to fill a view many times, too few to keep the server or the page busy. */
export const TRAIL_EVENTS = 2_000;

/** Keeps the places of the newest {@link TRAIL_EVENTS} events. */
export class EventTrail {
  #places: (TrailPlace & { readonly events: number })[];
  #events = 0;

  /** @param begin the cursor to begin at. */
  constructor(begin: string) {
    this.#places = [{ cursor: begin, at: null, events: 0 }];
  }

  /** Where the way begins. */
  get start(): TrailPlace {
    return this.#places[0] ?? { cursor: '', at: null };
  }

  /** Notes what was read. @param events how many, in one message; a message counts as one at least. */
  note(place: TrailPlace, events: number): void {
    const step = Math.max(1, events);
    this.#places.push({ ...place, events: step });
    this.#events += step;
    while (this.#events > TRAIL_EVENTS && this.#places.length > 2) this.#forget();
  }

  /** Goes back to the start. */
  rewind(): void {
    this.#places.length = 1;
    this.#events = 0;
  }

  /** The second place becomes the start. */
  #forget(): void {
    this.#places.shift();
    this.#events -= this.#places[0]?.events ?? 0;
  }
}
