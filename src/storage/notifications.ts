/**
 * Wake-up calls between nodes over NOTIFY: keys only, rows are the truth. A call may be lost (a pooler without LISTEN,
 * a broken session), so whoever listens (notification-listener.ts) also polls.
 */
import { sql } from 'kysely';
import type { BaseLogger } from 'pino';
import type { Db } from './database.js';
import type { Listener } from './notification-listener.js';

/** Sends keys; disposing sends what is waiting. */
export interface Notifier extends AsyncDisposable {
  /**
   * Tells all listeners of a channel about a key, a few milliseconds later and once for all equal keys until then.
   * Call it after the transaction has committed: NOTIFY inside transactions takes a cluster-wide lock at commit,
   * which cut commits from 8,550 to 3,300 a second. Never throws: a failed send is logged, and polling makes up.
   * After dispose it does nothing.
   * @param channel lower-case name, at most 63 bytes.
   * @param key at most {@link MAX_KEY_BYTES} bytes.
   */
  notify(channel: string, key: string): void;
}

/** What a {@link Notifier} needs. */
export interface NotifierOptions {
  /** The pool; never a transaction. */
  readonly db: Db;
  readonly log: BaseLogger;
  /** How long keys are gathered before they are sent. Default 5. */
  readonly coalesceMs?: number;
  /** Hears of each key at once, and not again by way of the database. Default nobody. */
  readonly local?: Pick<Listener, 'announce' | 'origin'>;
}

/** PostgreSQL refuses payloads of 8,000 bytes and more; beside the keys stands who sends them. */
const MAX_PAYLOAD_BYTES = 7_900;
/** `{"from":"…","keys":[]}` with a UUID. */
const FRAME_BYTES = 64;
/** Longest key; leaves room for JSON's quotes and escapes. */
export const MAX_KEY_BYTES = 1_000;

/** Makes a notifier over the application's pool. */
export function createNotifier(options: NotifierOptions): Notifier {
  return new CoalescingNotifier(options);
}

/** Packs keys into as few payloads as the limit allows, in order. */
export function packKeys(keys: Iterable<string>): string[][] {
  const payloads: string[][] = [];
  let open: string[] = [];
  let sizeBytes = FRAME_BYTES;
  for (const key of keys) {
    const keyBytes = Buffer.byteLength(JSON.stringify(key)) + 1;
    if (sizeBytes + keyBytes > MAX_PAYLOAD_BYTES && open.length > 0) {
      payloads.push(open);
      open = [];
      sizeBytes = FRAME_BYTES;
    }
    open.push(key);
    sizeBytes += keyBytes;
  }
  return open.length > 0 ? [...payloads, open] : payloads;
}

class CoalescingNotifier implements Notifier {
  readonly #options: NotifierOptions;
  #waiting = new Map<string, Set<string>>();
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(options: NotifierOptions) {
    this.#options = options;
  }

  notify(channel: string, key: string): void {
    if (this.#isClosed) return;
    if (Buffer.byteLength(key) > MAX_KEY_BYTES) {
      this.#options.log.error({ channel }, 'a notification key is too long and was not sent');
      return;
    }
    const keys = this.#waiting.get(channel) ?? new Set();
    this.#waiting.set(channel, keys.add(key));
    // Each time: what was announced a moment ago may have been looked for before this commit.
    this.#options.local?.announce(channel, [key]);
    this.#timer ??= setTimeout(() => this.#flush(), this.#options.coalesceMs ?? 5);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#flush();
    await this.#sending;
  }

  /** One send at a time: a slow database gathers more keys instead of taking more sessions of the pool. */
  #flush(): void {
    this.#sending = this.#sending.then(async () => {
      this.#timer = undefined;
      const waiting = this.#waiting;
      this.#waiting = new Map();
      if (waiting.size > 0) await this.#send(waiting);
    });
  }

  async #send(waiting: Map<string, Set<string>>): Promise<void> {
    const from = this.#options.local?.origin ?? '';
    const calls = [...waiting].flatMap(([channel, keys]) =>
      packKeys(keys).map((packed) => ({ channel, payload: JSON.stringify({ from, keys: packed }) })),
    );
    try {
      await sql`/* notifications.send (prepared) */
        select pg_notify(call.channel, call.payload)
        from jsonb_to_recordset(${JSON.stringify(calls)}::jsonb) as call (channel text, payload text)
      `.execute(this.#options.db);
    } catch (error) {
      this.#options.log.warn({ err: error, channels: [...waiting.keys()] }, 'notifications were not sent');
    }
  }
}
