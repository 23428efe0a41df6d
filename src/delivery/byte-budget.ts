/**
 * Bounds the bytes that pages hold at one time, over all lanes of the process, with a capped share for each
 * destination: a silent destination must not hold the whole budget, nor 500 records of 1 MB the whole heap.
 */

/** Bytes in hand; disposing gives them back. */
export interface ByteReservation extends Disposable {
  readonly bytes: number;
}

/** Shares out bytes in order of asking. */
export class ByteBudget {
  readonly #limit: number;
  readonly #share: number;
  readonly #held = new Map<number, number>();
  #total = 0;
  #waiting: { destinationId: number; bytes: number; admit: () => void }[] = [];

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
    if (!this.#fits(destinationId, bytes)) await this.#wait(destinationId, bytes, signal);
    this.#add(destinationId, bytes);
    return {
      bytes,
      [Symbol.dispose]: () => {
        this.#add(destinationId, -bytes);
        this.#admitWaiting();
      },
    };
  }

  #fits(destinationId: number, bytes: number): boolean {
    const held = this.#held.get(destinationId) ?? 0;
    const inShare = held === 0 || held + bytes <= this.#share;
    return inShare && (this.#total === 0 || this.#total + bytes <= this.#limit);
  }

  #add(destinationId: number, bytes: number): void {
    const held = (this.#held.get(destinationId) ?? 0) + bytes;
    if (held === 0) this.#held.delete(destinationId);
    else this.#held.set(destinationId, held);
    this.#total += bytes;
  }

  #wait(destinationId: number, bytes: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const entry = { destinationId, bytes, admit: () => finish(resolve) };
      const abort = () => {
        this.#waiting = this.#waiting.filter((other) => other !== entry);
        finish(() => reject(signal.reason));
      };
      const finish = (settle: () => void) => {
        signal.removeEventListener('abort', abort);
        settle();
      };
      signal.addEventListener('abort', abort, { once: true });
      this.#waiting.push(entry);
    });
  }

  /** Admits at most one at a time: the admitted one adds its bytes in a later turn of the event loop. */
  #admitWaiting(): void {
    const next = this.#waiting.find((entry) => this.#fits(entry.destinationId, entry.bytes));
    if (!next) return;
    this.#waiting = this.#waiting.filter((other) => other !== next);
    next.admit();
    queueMicrotask(() => queueMicrotask(() => this.#admitWaiting()));
  }
}
