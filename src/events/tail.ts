/**
 * The way back: follows the committed events of destinations and hands them to any number of subscribers on this node,
 * each from its own cursor, without gaps or repetition. One reader a watched destination feeds a ring of the newest
 * events; it wakes on notifications and looks by itself each second, since a notification may be lost.
 */

import type { BaseLogger } from 'pino';
import type { Db } from '../storage/database.js';
import { DELIVERY_EVENT_CHANNEL } from '../storage/event-tail.js';
import type { Listener } from '../storage/notification-listener.js';
import { type DeliveryEventsRequest, type DeliveryStream, type DeliveryUpdate, subjectOf } from './delivery-update.js';
import type { TailSettings } from './destination-feed.js';
import { EventSubscription } from './event-subscription.js';
import { type ExportProgressRequest, type ExportTick, exportTicks } from './export-progress.js';
import { Feeds } from './feeds.js';

/** What an {@link EventTail} needs; every time and count has a default. */
export interface EventTailOptions extends Partial<Omit<TailSettings, 'db' | 'log'>> {
  readonly db: Db;
  readonly log: BaseLogger;
  readonly listener: Pick<Listener, 'subscribe'>;
}

/** Streams that resolvers subscribe to. */
export interface EventStreams {
  /**
   * The events of a destination, each once, in order within each lane, from `after` on; then live. Nothing is read
   * before the first pull. The last update is an END; a refused request has no other. Errors of the database are
   * logged and tried again.
   * @param signal ends the stream without END; so does `return()`, also while a pull waits.
   */
  subscribe(request: DeliveryEventsRequest, signal?: AbortSignal): DeliveryStream;
  /** Says when to read an export anew: now, after each change (4 a second at most), and once it has finished. */
  exportProgress(request: ExportProgressRequest, signal?: AbortSignal): AsyncIterableIterator<ExportTick>;
}

const DEFAULTS = {
  pollMs: 1_000,
  pauseMs: 20,
  ringCapacity: 256,
  batchLimit: 16,
  heartbeatMs: 10_000,
  slowAfterMs: 30_000,
  progressMs: 250,
  stopGraceMs: 1_000,
  now: () => performance.now(),
};

/** Who follows a stream, and until when. */
interface Caller {
  admission: Db;
  signal: AbortSignal | undefined;
}

/** The tail of one node; disposing ends its streams with SERVER_STOPPING. */
export class EventTail implements AsyncDisposable {
  readonly #settings: TailSettings;
  readonly #feeds: Feeds;
  readonly #notifications: Disposable;

  constructor({ listener, ...settings }: EventTailOptions) {
    this.#settings = { ...DEFAULTS, ...settings };
    this.#feeds = new Feeds(this.#settings);
    this.#notifications = listener.subscribe(DELIVERY_EVENT_CHANNEL, (keys) => this.#feeds.call(keys.map(Number)));
  }

  /** Streams that begin with a look at their subject through a caller's own sessions; what is not there is not found. */
  admittedBy(admission: Db): EventStreams {
    return {
      subscribe: (request, signal) => this.#subscribe(request, { admission, signal }),
      exportProgress: (request, signal) => {
        const closing = new AbortController();
        const ticks = exportTicks({ ...this.#streamOptions(closing, { admission, signal }), request });
        return new ClosableStream(ticks, closing);
      },
    };
  }

  #subscribe(request: DeliveryEventsRequest, caller: Caller): DeliveryStream {
    const closing = new AbortController();
    const subscription = new EventSubscription({ ...this.#streamOptions(closing, caller), request });
    const onPull = (isAsked: boolean) => subscription.noteOffer(isAsked ? null : this.#settings.now());
    return new UpdateStream(new ClosableStream(subscription.updates(), closing, onPull), {
      subject: subjectOf(request),
      subscription,
      resume: this.#resumeOf(request, caller),
    });
  }

  /** A closure of its own: one made beside the subscription would keep that alive. */
  #resumeOf(request: DeliveryEventsRequest, caller: Caller): DeliveryStream['resume'] {
    return (after) => this.#subscribe({ ...request, after }, caller);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#notifications[Symbol.dispose]();
    await this.#feeds[Symbol.asyncDispose]();
  }

  #streamOptions(closing: AbortController, { admission, signal }: Caller) {
    const ends = signal ? AbortSignal.any([signal, closing.signal]) : closing.signal;
    return { settings: this.#settings, feeds: this.#feeds, admission, signal: ends };
  }
}

/** The stream of a subscription, with what tells whether another's is the same. */
class UpdateStream implements DeliveryStream {
  readonly subject: string | null;
  readonly resume: (after: string) => DeliveryStream;
  readonly #updates: AsyncIterableIterator<DeliveryUpdate>;
  readonly #subscription: EventSubscription;

  constructor(
    updates: AsyncIterableIterator<DeliveryUpdate>,
    parts: Pick<DeliveryStream, 'subject' | 'resume'> & { subscription: EventSubscription },
  ) {
    this.#updates = updates;
    this.#subscription = parts.subscription;
    this.subject = parts.subject;
    this.resume = parts.resume;
  }

  get liveAt(): number | null {
    return this.#subscription.liveAt;
  }

  next(): Promise<IteratorResult<DeliveryUpdate>> {
    return this.#updates.next();
  }

  async return(): Promise<IteratorResult<DeliveryUpdate>> {
    await this.#updates.return?.();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** A generator whose `return()` also ends a pull that waits: a generator's own would be queued behind it. */
class ClosableStream<Value> implements AsyncIterableIterator<Value> {
  readonly #source: AsyncGenerator<Value, void>;
  readonly #closing: AbortController;
  readonly #onPull: (isAsked: boolean) => void;

  constructor(
    source: AsyncGenerator<Value, void>,
    closing: AbortController,
    onPull: (isAsked: boolean) => void = () => undefined,
  ) {
    this.#source = source;
    this.#closing = closing;
    this.#onPull = onPull;
  }

  async next(): Promise<IteratorResult<Value>> {
    this.#onPull(true);
    try {
      return await this.#source.next();
    } finally {
      this.#onPull(false);
    }
  }

  async return(): Promise<IteratorResult<Value>> {
    this.#closing.abort();
    await this.#source.return();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
