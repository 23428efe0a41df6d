/** Bells of lanes at rest: a lane that has done its work is kept for a moment, and rung when there is more. */

import type { Ring } from './agenda.js';

/** The bell of one lane. A ring while nobody waits is kept. */
export class LaneBell {
  #rung: Ring | null = null;
  #end: () => void = () => {};

  /** Ends the wait, or the next one. Of two rings the one that says less is kept. */
  ring(ring: Ring): void {
    if (this.#rung !== 'anything') this.#rung = ring;
    this.#end();
  }

  /** Waits for a ring, at most so long; an abort ends it too. @returns how it was rung, null if it was not. */
  async wait(maxMs: number, signal: AbortSignal): Promise<Ring | null> {
    if (this.#rung === null && !signal.aborted) await this.#sleep(maxMs, signal);
    const rung = this.#rung;
    this.#rung = null;
    return rung;
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
