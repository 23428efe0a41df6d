/**
 * Bounds the bytes that pages hold at one time, over all lanes of the process, with a capped share for each
 * destination: a silent destination must not hold the whole budget, nor 500 records of 1 MB the whole heap.
 */

/** Bytes in hand; disposing gives them back. */
export interface ByteReservation extends Disposable {
  readonly bytes: number;
}

/** Shares out bytes in order of asking: who waits is not overtaken by another of its destination. */
export class ByteBudget {
  readonly #limit: number;
  readonly #share: number;
  readonly #held = new Map<number, number>();
  #total = 0;
  #waiting: Waiting[] = [];

  /** @param limits bytes over all destinations, and the most that one of them may hold. */
  constructor(limits: { totalBytes: number; destinationBytes: number }) {
    this.#limit = limits.totalBytes;
    this.#share = Math.min(limits.destinationBytes, limits.totalBytes);
  }

  /**
   * Waits until the bytes are free. More than a destination's share waits until it holds none: it is admitted alone.
   * @throws the signal's reason if it is aborted first.
   */
  async reserve(destinationId: number, bytes: number, signal: AbortSignal): Promise<ByteReservation> {
    signal.throwIfAborted();
    await this.#queue(destinationId, bytes, signal);
    return {
      bytes,
      [Symbol.dispose]: () => {
        this.#add(destinationId, -bytes);
        this.#admitWaiting();
      },
    };
  }

  #queue(destinationId: number, bytes: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.#waiting = this.#waiting.filter((other) => other !== entry);
        reject(signal.reason);
        this.#admitWaiting();
      };
      const admit = () => {
        signal.removeEventListener('abort', abort);
        resolve();
      };
      const entry = { destinationId, bytes, admit };
      signal.addEventListener('abort', abort, { once: true });
      this.#waiting.push(entry);
      this.#admitWaiting();
    });
  }

  /**
   * Admits all that may go, in order, and counts their bytes at once: between the word and the waker's turn another
   * could take the same bytes. Who waits for its own destination holds up only that one; who waits for the whole
   * budget holds up all, else the large would starve among the small.
   */
  #admitWaiting(): void {
    const blocked = new Set<number>();
    const waiting: Waiting[] = [];
    let isFull = false;
    for (const entry of this.#waiting) {
      const inShare = !blocked.has(entry.destinationId) && this.#fitsShare(entry);
      isFull ||= inShare && !this.#fitsTotal(entry);
      if (inShare && !isFull) {
        this.#add(entry.destinationId, entry.bytes);
        entry.admit();
        continue;
      }
      blocked.add(entry.destinationId);
      waiting.push(entry);
    }
    this.#waiting = waiting;
  }

  #fitsShare({ destinationId, bytes }: Waiting): boolean {
    const held = this.#held.get(destinationId) ?? 0;
    return held === 0 || held + bytes <= this.#share;
  }

  #fitsTotal({ bytes }: Waiting): boolean {
    return this.#total === 0 || this.#total + bytes <= this.#limit;
  }

  #add(destinationId: number, bytes: number): void {
    const held = (this.#held.get(destinationId) ?? 0) + bytes;
    if (held === 0) this.#held.delete(destinationId);
    else this.#held.set(destinationId, held);
    this.#total += bytes;
  }
}

interface Waiting {
  destinationId: number;
  bytes: number;
  /** Nothing else runs before it returns. */
  admit: () => void;
}
