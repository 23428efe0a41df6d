/** Bells of lanes at rest: a lane that has done its work is kept for a moment, and rung when there is more. */

/** The bell of one lane. A ring while nobody waits is kept. */
export class LaneBell {
  #isRung = false;
  #end: () => void = () => {};

  /** Ends the wait, or the next one. */
  ring(): void {
    this.#isRung = true;
    this.#end();
  }

  /** Waits for a ring, at most so long; an abort ends it too. @returns whether it was rung. */
  async wait(maxMs: number, signal: AbortSignal): Promise<boolean> {
    if (!this.#isRung && !signal.aborted) await this.#sleep(maxMs, signal);
    const wasRung = this.#isRung;
    this.#isRung = false;
    return wasRung;
  }

  #sleep(maxMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        this.#end = () => {};
        resolve();
      };
      const timer = setTimeout(end, maxMs);
      signal.addEventListener('abort', end, { once: true });
      this.#end = end;
    });
  }
}

/** Lanes that may be at work at one time; those at rest hold no place. */
export class LanePlaces {
  readonly #limit: number;
  #taken = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Places that nobody holds or waits for. */
  get free(): number {
    return Math.max(0, this.#limit - this.#taken - this.#waiting.length);
  }

  /** Takes a place, in the order of asking. */
  async take(): Promise<void> {
    if (this.#taken < this.#limit) {
      this.#taken += 1;
      return;
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Gives a place back: to who waits longest, if anybody does. */
  give(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#taken -= 1;
  }
}
