/**
 * Places of lanes at work: how many a process works at one time. Lanes at rest hold none, nor do those that only wait
 * for an answer: they need neither CPU nor a session, and a silent destination's calls, 10 s each, would hold them all.
 */

/** Lanes that may wait for an answer beyond those at work: all of a few destinations, before they count as silent. */
const MAX_ASIDE = 64;

/** Counts places; a place is taken in the order of asking. */
export class LanePlaces {
  readonly #limit: number;
  #taken = 0;
  #aside = 0;
  readonly #waiting: (() => void)[] = [];

  /** @param limit lanes at work at one time, at least 1. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Places that nobody holds or waits for. */
  get free(): number {
    return Math.max(0, this.#limit - this.#taken - this.#waiting.length);
  }

  /** Whether more lanes are at work than there are places: some came back, and some are to give way. */
  get isOver(): boolean {
    return this.#taken > this.#limit;
  }

  /** Takes a place, waiting for one if there is none. */
  async take(): Promise<void> {
    if (this.#taken < this.#limit) {
      this.#taken += 1;
      return;
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Gives a place back: to who waits longest, if anybody does and nobody is too many. */
  give(): void {
    const next = this.isOver ? undefined : this.#waiting.shift();
    if (next) next();
    else this.#taken -= 1;
  }

  /** Leaves a place for the length of a slow call. @returns false if too many have done so already: it is kept. */
  stepAside(): boolean {
    if (this.#aside >= MAX_ASIDE) return false;
    this.#aside += 1;
    this.give();
    return true;
  }

  /** Takes a place at once, also one too many: what a call has brought must not wait to be put on the books. */
  comeBack(): void {
    this.#aside -= 1;
    this.#taken += 1;
  }
}
