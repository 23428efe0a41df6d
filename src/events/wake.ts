/** Wakes whoever waits: one call for all, no queue. */

/** What may cut a wait short. */
export interface WaitOptions {
  /** Longest wait; 0 and less do not wait. */
  timeoutMs: number;
  signal: AbortSignal;
}

/** Waiters look for themselves at what has changed, before and after each wait. */
export class Wake {
  readonly #waiters = new Set<() => void>();

  /** Ends every wait under way. */
  wakeAll(): void {
    for (const end of [...this.#waiters]) end();
  }

  /** Waits for the next {@link wakeAll}, the time-out or the abort, whichever comes first; never rejects. */
  wait({ timeoutMs, signal }: WaitOptions): Promise<void> {
    if (signal.aborted || timeoutMs <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        this.#waiters.delete(end);
        resolve();
      };
      const timer = setTimeout(end, timeoutMs);
      signal.addEventListener('abort', end);
      this.#waiters.add(end);
    });
  }
}
