/** Hears the wake-up calls of all nodes over LISTEN, on one session that comes back by itself. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { BaseLogger } from 'pino';
import { z } from 'zod';

/** Receives keys; disposing closes its session. */
export interface Listener extends AsyncDisposable {
  /**
   * Calls back with the keys of each call on a channel. It calls back with no keys when calls may have been missed:
   * once when listening has begun, and after every reconnect. Then look at the rows. An error of a callback is logged.
   * @param channel lower-case name, at most 63 bytes.
   */
  subscribe(channel: string, onKeys: (keys: string[]) => void): Disposable;
  /** Calls the subscribers of this process back at once: what happens in it needs no way through the database. */
  announce(channel: string, keys: string[]): void;
  /** Marks the calls of this process, so that what was announced in it is not heard again. */
  readonly origin: string;
}

/** What a {@link Listener} needs. */
export interface ListenerOptions {
  /** PostgreSQL URL; not of a pooler in transaction mode. */
  readonly connection: string;
  readonly log: BaseLogger;
}

const MIN_RECONNECT_MS = 50;
const MAX_RECONNECT_MS = 5_000;
const CONNECT_TIMEOUT_MS = 2_000;
/** A peer that vanished without a word is noticed by TCP's probes, which start after this silence. */
const KEEP_ALIVE_DELAY_MS = 10_000;

const Payload = z.object({ from: z.string(), keys: z.array(z.string()) });

/** Makes a listener and starts to connect; while it cannot, it tries again with growing pauses up to 5 s. */
export function createListener(options: ListenerOptions): Listener {
  return new ReconnectingListener(options);
}

type Subscriber = (keys: string[]) => void;

class ReconnectingListener implements Listener {
  readonly origin = randomUUID();
  readonly #options: ListenerOptions;
  readonly #channels = new Map<string, Set<Subscriber>>();
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;
  #session: pg.Client | undefined;

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  subscribe(channel: string, onKeys: Subscriber): Disposable {
    const subscribers = this.#channels.get(channel) ?? new Set();
    // A wrapper of its own, so that one function may subscribe twice.
    const subscriber: Subscriber = (keys) => onKeys(keys);
    this.#channels.set(channel, subscribers.add(subscriber));
    if (subscribers.size === 1) void this.#listen(channel);
    return { [Symbol.dispose]: () => this.#unsubscribe(channel, subscriber) };
  }

  announce(channel: string, keys: string[]): void {
    this.#dispatch(channel, keys);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#session?.end();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    let failures = 0;
    while (!signal.aborted) {
      try {
        const session = await this.#connect();
        failures = 0;
        await session.ended;
      } catch (error) {
        failures += 1;
        this.#options.log.warn({ err: error, failures }, 'the notification listener cannot connect; polling serves');
      }
      this.#session = undefined;
      const pauseMs = Math.min(MAX_RECONNECT_MS, MIN_RECONNECT_MS * 2 ** failures);
      await delay(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #connect(): Promise<{ ended: Promise<unknown> }> {
    const session = new pg.Client({
      connectionString: this.#options.connection,
      application_name: 'tributary listener',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_DELAY_MS,
      // It listens to several channels at a time.
      pipeline: true,
    });
    session.on('error', (error) =>
      this.#options.log.warn({ err: error }, 'the notification listener lost its session'),
    );
    session.on('notification', ({ channel, payload }) => {
      const { from, keys } = readPayload(payload);
      if (from !== this.origin) this.#dispatch(channel, keys);
    });
    const ended = new Promise((resolve) => session.once('end', resolve));
    await session.connect();
    this.#session = session;
    if (this.#closing.signal.aborted) await session.end();
    await Promise.all([...this.#channels.keys()].map((channel) => this.#listen(channel)));
    return { ended };
  }

  /** Without a session there is nothing to do: connecting listens to every channel. */
  async #listen(channel: string): Promise<void> {
    if (await this.#execute('listen', channel)) this.#dispatch(channel, []);
  }

  #unsubscribe(channel: string, subscriber: Subscriber): void {
    const subscribers = this.#channels.get(channel);
    if (!subscribers?.delete(subscriber) || subscribers.size > 0) return;
    this.#channels.delete(channel);
    void this.#execute('unlisten', channel);
  }

  async #execute(command: 'listen' | 'unlisten', channel: string): Promise<boolean> {
    const session = this.#session;
    if (!session || this.#closing.signal.aborted) return false;
    try {
      await session.query(`${command} ${session.escapeIdentifier(channel)}`);
      return true;
    } catch (error) {
      if (this.#closing.signal.aborted) return false;
      // A session that cannot listen is of no use: closing it leads to a new one.
      this.#options.log.warn({ err: error, channel }, `the notification listener cannot ${command}`);
      void session.end();
      return false;
    }
  }

  #dispatch(channel: string, keys: string[]): void {
    for (const subscriber of this.#channels.get(channel) ?? []) {
      try {
        subscriber(keys);
      } catch (error) {
        this.#options.log.error({ err: error, channel }, 'a notification subscriber failed');
      }
    }
  }
}

/** A payload that is not ours says at least that something happened. */
function readPayload(payload: string | undefined): z.infer<typeof Payload> {
  try {
    return Payload.parse(JSON.parse(payload ?? ''));
  } catch {
    return { from: '', keys: [] };
  }
}
