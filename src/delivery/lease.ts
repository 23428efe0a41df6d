/** The lease of a worker: prolonged by a heartbeat, measured by the monotonic clock, never revived once over. */

import { setMaxListeners } from 'node:events';
import type { Logger } from 'pino';
import type { Db } from '../storage/database.js';
import { prolongLease, registerWorker, removeWorker } from '../storage/workers.js';

/** What a lease needs. */
export interface LeaseOptions {
  db: Db;
  log: Logger;
  /** Shown in the worker table. */
  name: string;
  /** How long the lease runs without a heartbeat, in ms. */
  leaseMs: number;
}

/** Beats per lease: two may be lost. */
const BEATS_PER_LEASE = 3;
/** Share of the lease that is left unused: nothing is sent so close to its end. */
const MARGIN_SHARE = 1 / 6;

/** A running lease. Its time counts from when a heartbeat was sent, not from when it was answered. */
export class WorkerLease implements AsyncDisposable {
  readonly #options: LeaseOptions;
  readonly #lost = new AbortController();
  readonly #stopped = new AbortController();
  #expiresAt: number;
  #workers = 1;
  #timer: NodeJS.Timeout | undefined;
  #beating: Promise<void> = Promise.resolve();

  private constructor(
    options: LeaseOptions,
    readonly workerId: number,
    expiresAt: number,
  ) {
    this.#options = options;
    this.#expiresAt = expiresAt;
    // Each lane at work listens, and there may be 64 of them: no leak to warn of.
    setMaxListeners(0, this.#lost.signal);
    this.#schedule();
  }

  /** Registers a worker and starts its heartbeat. */
  static async acquire(options: LeaseOptions): Promise<WorkerLease> {
    const sentAt = performance.now();
    const workerId = await registerWorker(options.db, options.name, options.leaseMs);
    return new WorkerLease(options, workerId, sentAt + options.leaseMs);
  }

  /** Aborted when the lease is over: whoever works under it stops. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Workers with a running lease at the last heartbeat, this one included. */
  get workers(): number {
    return this.#workers;
  }

  /** Whether enough of the lease is left to send something; right also after a blocked event loop. */
  mayAttempt(): boolean {
    const leftMs = this.#expiresAt - performance.now();
    return !this.#lost.signal.aborted && leftMs > this.#options.leaseMs * MARGIN_SHARE;
  }

  /** Stops the heartbeat and takes the worker off the books, so that its lanes are free at once. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort();
    clearTimeout(this.#timer);
    await this.#beating;
    this.#lost.abort(new Error('The worker has stopped.'));
    await removeWorker(this.#options.db, this.workerId).catch((error: unknown) => {
      this.#options.log.warn({ err: error }, 'the worker could not be removed; its lease will run out');
    });
  }

  #schedule(): void {
    if (this.#stopped.signal.aborted || this.#lost.signal.aborted) return;
    this.#timer = setTimeout(() => {
      this.#beating = this.#beat();
    }, this.#options.leaseMs / BEATS_PER_LEASE);
  }

  async #beat(): Promise<void> {
    const { db, log, leaseMs } = this.#options;
    const sentAt = performance.now();
    const expiry = setTimeout(
      () => this.#lose('ran out without an answer from the database'),
      this.#expiresAt - sentAt,
    );
    try {
      const beat = await prolongLease(db, this.workerId, leaseMs);
      if (!beat.alive) return this.#lose('was over when the heartbeat came');
      this.#expiresAt = sentAt + leaseMs;
      this.#workers = beat.workers;
    } catch (error) {
      log.warn({ err: error }, 'a heartbeat failed');
      if (performance.now() >= this.#expiresAt) return this.#lose('ran out: the database did not answer');
    } finally {
      clearTimeout(expiry);
      this.#schedule();
    }
  }

  #lose(why: string): void {
    if (this.#lost.signal.aborted) return;
    this.#options.log.warn({ workerId: this.workerId }, `the lease ${why}: its lanes are left to others`);
    this.#lost.abort(new Error('The lease is over.'));
  }
}
