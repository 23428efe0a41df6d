/** The keys of an assumed role: one session at a time, asked for once by all who need it, renewed before it ends. */

import type { AwsKeys, KeySource } from './keys.js';

/** Temporary keys. */
export interface RoleSession {
  readonly keys: AwsKeys;
  /** Epoch milliseconds, by AWS's clock. */
  readonly expiresAtMs: number;
}

/** From so long before its end a session is renewed while it is used on, in ms; as SDKs of AWS do it, at least 5 minutes. */
const RENEW_BEFORE_MS = 600_000;
/** So long before its end a session is not used any more, in ms: a request takes its time. */
const STOP_BEFORE_MS = 60_000;
/** A session is taken to live so long at least, in ms: with a clock that is ahead it would seem to have ended at once. */
const LEAST_LIFE_MS = 120_000;
/** After a failed renewal of a session that is still good, the next one waits so long, in ms. */
const RETRY_MS = 5_000;
/** Sources that nobody asked for so long are forgotten, in ms. */
const IDLE_MS = 7_200_000;

/** A source of the keys of one role. */
export class SessionKeys implements KeySource {
  readonly #assume: () => Promise<RoleSession>;
  readonly #now: () => number;
  #session: { keys: AwsKeys; endsAtMs: number } | null = null;
  #asking: Promise<AwsKeys> | null = null;
  #renewAgainMs = Number.NEGATIVE_INFINITY;
  #usedAtMs: number;

  /** @param options `assume` asks for a session, within a bounded time; `now` in epoch milliseconds. */
  constructor(options: { assume: () => Promise<RoleSession>; now: () => number }) {
    this.#assume = options.assume;
    this.#now = options.now;
    this.#usedAtMs = options.now();
  }

  async get(): Promise<AwsKeys> {
    const now = this.#now();
    this.#usedAtMs = now;
    const session = this.#session;
    if (!session || now >= session.endsAtMs - STOP_BEFORE_MS) return await this.#ask();
    if (now >= session.endsAtMs - RENEW_BEFORE_MS && now >= this.#renewAgainMs) {
      this.#renewAgainMs = now + RETRY_MS;
      // Who is served meanwhile need not know of a fault that may pass before the session ends.
      this.#ask().catch(() => undefined);
    }
    return session.keys;
  }

  replace(refused: AwsKeys): boolean {
    // Of many calls with the same keys only the first drops them: the others find the next ones.
    if (this.#session?.keys.accessKeyId === refused.accessKeyId) this.#session = null;
    return true;
  }

  /** Whether nobody has asked for a long time. */
  isIdle(): boolean {
    return this.#now() - this.#usedAtMs > IDLE_MS;
  }

  #ask(): Promise<AwsKeys> {
    this.#asking ??= this.#renew().finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  async #renew(): Promise<AwsKeys> {
    const askedAtMs = this.#now();
    const { keys, expiresAtMs } = await this.#assume();
    const leastEndMs = askedAtMs + LEAST_LIFE_MS;
    this.#session = { keys, endsAtMs: Math.max(expiresAtMs, leastEndMs) };
    this.#renewAgainMs = leastEndMs - STOP_BEFORE_MS;
    return keys;
  }
}
