/** Repeating: a task now and then each interval, until it is disposed of. */

/**
 * Does a task at once and then each interval. A turn that comes while one is under way is left out.
 * @param task never rejects; ends soon once the signal is aborted.
 * @returns disposing aborts the signal, and waits for what is under way.
 */
export function repeat(task: (signal: AbortSignal) => Promise<void>, intervalMs: number): AsyncDisposable {
  const stop = new AbortController();
  let isRunning = false;
  let running = Promise.resolve();
  const turn = async () => {
    isRunning = true;
    await task(stop.signal);
    isRunning = false;
  };
  running = turn();
  const timer = setInterval(() => {
    if (!isRunning) running = turn();
  }, intervalMs);
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      stop.abort();
      await running;
    },
  };
}
