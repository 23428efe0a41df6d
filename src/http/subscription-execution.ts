/** Runs subscriptions so that each event is read afresh. */

import { createSourceEventStream, type ExecutionArgs, type ExecutionResult, execute } from 'graphql';

/**
 * Like graphql-js's `subscribe`, but with a new context for each event: loaders remember what they read, and an event
 * must not show what the one before it read.
 * @param createContext makes the context of the source stream and of each event.
 * @returns the stream of results, or a result with the errors that kept it from starting.
 */
export async function subscribeFresh(
  args: ExecutionArgs,
  createContext: () => unknown,
): Promise<AsyncGenerator<ExecutionResult, undefined, undefined> | ExecutionResult> {
  const source = await createSourceEventStream({ ...args, contextValue: createContext() });
  if (!(Symbol.asyncIterator in source)) return source;
  const toResult = (event: unknown) => execute({ ...args, rootValue: event, contextValue: createContext() });
  return new ResultStream(source[Symbol.asyncIterator](), toResult);
}

/** Not an async generator function: that could not be ended while it waits for an event. */
class ResultStream implements AsyncGenerator<ExecutionResult, undefined, undefined> {
  readonly #events: AsyncIterator<unknown>;
  readonly #toResult: (event: unknown) => ExecutionResult | Promise<ExecutionResult>;

  constructor(
    events: AsyncIterator<unknown>,
    toResult: (event: unknown) => ExecutionResult | Promise<ExecutionResult>,
  ) {
    this.#events = events;
    this.#toResult = toResult;
  }

  async next(): Promise<IteratorResult<ExecutionResult, undefined>> {
    const event = await this.#events.next();
    if (event.done) return { done: true, value: undefined };
    return { done: false, value: await this.#toResult(event.value) };
  }

  async return(): Promise<IteratorResult<ExecutionResult, undefined>> {
    await this.#events.return?.();
    return { done: true, value: undefined };
  }

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
