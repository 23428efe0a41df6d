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
