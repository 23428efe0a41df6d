/** Waiting for something to become true, instead of sleeping. */
import { setTimeout as delay } from 'node:timers/promises';

/** Options of {@link until}. */
export interface UntilOptions {
  /** Default 15,000: what comes at once on a free machine may take seconds beside other work. */
  readonly timeoutMs?: number;
  /** Pause between two tries. Default 10. */
  readonly intervalMs?: number;
}

/**
 * Repeats the assertion until it neither throws nor answers `false`, and gives its value.
 * @throws what the assertion threw last, once the time is over.
 */
export async function until<T>(assertion: () => T | Promise<T>, options: UntilOptions = {}): Promise<T> {
  const { timeoutMs = 15_000, intervalMs = 10 } = options;
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    try {
      const value = await assertion();
      if (value !== false) return value;
      throw new Error(`Still false after ${timeoutMs} ms: ${assertion}`);
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    await delay(intervalMs);
  }
}
