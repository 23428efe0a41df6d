/** Runs subscriptions so that each event is read afresh, and equal ones together. */

import { createSourceEventStream, type ExecutionArgs, type ExecutionResult, execute } from 'graphql';
import { isLiveStream, type LiveStream, type LiveUpdate } from '../graphql/live-stream.js';
import type { ExecutionGroups, Ride, Rider } from './execution-groups.js';

/** With whom a subscription is run together, once it is live. */
export interface Sharing {
  groups: ExecutionGroups;
  /** As {@link Boarding.key}. */
  key: string;
  /** Gets the results of a ride in place of who reads the stream. */
  rider: Rider;
}

/**
 * Like graphql-js's `subscribe`, but with a new context for each event: loaders remember what they read, and an event
 * must not show what the one before it read.
 * @param createContext makes the context of the source stream and of each event.
 * @param sharing null runs it alone.
 * @returns the stream of results, but for those that the rider gets, or a result with the errors that kept it from starting.
 */
export async function subscribeFresh(
  args: ExecutionArgs,
  createContext: () => unknown,
  sharing: Sharing | null = null,
): Promise<AsyncGenerator<ExecutionResult, undefined, undefined> | ExecutionResult> {
  const source = await createSourceEventStream({ ...args, contextValue: createContext() });
  if (!(Symbol.asyncIterator in source)) return source;
  const toResult = (event: unknown) => execute({ ...args, rootValue: event, contextValue: createContext() });
  return sharing && isLiveStream(source)
    ? new LiveResultStream(source, toResult, sharing)
    : new ResultStream(source[Symbol.asyncIterator](), toResult);
}

type ToResult = (event: unknown) => ExecutionResult | Promise<ExecutionResult>;

/** Not async generator functions: those could not be ended while they wait for an event. */
abstract class ResultGenerator implements AsyncGenerator<ExecutionResult, undefined, undefined> {
  abstract next(): Promise<IteratorResult<ExecutionResult, undefined>>;
  abstract return(): Promise<IteratorResult<ExecutionResult, undefined>>;

  async throw(error: unknown): Promise<IteratorResult<ExecutionResult, undefined>> {
    await this.return();
    throw error;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

class ResultStream extends ResultGenerator {
  readonly #events: AsyncIterator<unknown>;
  readonly #toResult: ToResult;

  constructor(events: AsyncIterator<unknown>, toResult: ToResult) {
    super();
    this.#events = events;
    this.#toResult = toResult;
  }

  override async next(): Promise<IteratorResult<ExecutionResult, undefined>> {
    const event = await this.#events.next();
    if (event.done) return DONE;
    return { done: false, value: await this.#toResult(event.value) };
  }

  override async return(): Promise<IteratorResult<ExecutionResult, undefined>> {
    await this.#events.return?.();
    return DONE;
  }
}

const DONE = { done: true, value: undefined } as const;

/** Results of a stream that may be live: while it is, `next()` waits and the rider gets them. */
class LiveResultStream extends ResultGenerator {
  readonly #toResult: ToResult;
  readonly #sharing: Sharing;
  #stream: LiveStream;
  /** Of the newest update handed out; null before the first. */
  #cursor: string | null = null;
  #ride: Ride | null = null;
  #hasReturned = false;

  constructor(stream: LiveStream, toResult: ToResult, sharing: Sharing) {
    super();
    this.#stream = stream;
    this.#toResult = toResult;
    this.#sharing = sharing;
  }

  override async next(): Promise<IteratorResult<ExecutionResult, undefined>> {
    for (let ride = this.#board(); ride; ride = this.#board()) {
      const end = await ride.ended;
      this.#ride = null;
      if (end.kind === 'ENDED' || this.#hasReturned) return DONE;
      this.#cursor = end.cursor;
      this.#stream = this.#stream.resume(end.cursor);
    }
    const update = await this.#stream.next();
    if (update.done) return DONE;
    this.#cursor = update.value.cursor ?? null;
    return { done: false, value: await this.#toResult(update.value) };
  }

  override async return(): Promise<IteratorResult<ExecutionResult, undefined>> {
    this.#hasReturned = true;
    if (this.#ride) this.#ride.leave();
    else await this.#stream.return?.();
    return DONE;
  }

  #board(): Ride | null {
    if (this.#cursor === null || this.#hasReturned) return null;
    const stream = this.#stream;
    const boarding = { ...this.#sharing, stream, cursor: this.#cursor, toResult: this.#toResult };
    this.#ride = this.#sharing.groups.board(boarding);
    // The stream is its group's now, or ended, and half of what a subscriber takes in memory.
    if (this.#ride) this.#stream = new PausedStream(stream.resume);
    return this.#ride;
  }
}

/** What is left of a stream while its subscriber rides. */
class PausedStream implements LiveStream {
  readonly subject = null;
  readonly liveAt = null;
  readonly resume: LiveStream['resume'];

  constructor(resume: LiveStream['resume']) {
    this.resume = resume;
  }

  async next(): Promise<IteratorResult<LiveUpdate>> {
    return DONE;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
