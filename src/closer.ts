/** Closing in reverse order, as AsyncDisposableStack does it; Node 20 has none. */

/** Closes what it was given, last first. Disposing again does nothing. */
export class Closer implements AsyncDisposable {
  readonly #steps: (() => PromiseLike<void> | void)[] = [];

  /** Takes over a part: it is disposed of when this is. @returns the part. */
  use<Part extends AsyncDisposable | Disposable>(part: Part): Part {
    this.defer(() => (Symbol.asyncDispose in part ? part[Symbol.asyncDispose]() : part[Symbol.dispose]()));
    return part;
  }

  /** Runs a step when this is disposed of. */
  defer(step: () => PromiseLike<void> | void): void {
    this.#steps.push(step);
  }

  /**
   * Runs all steps, last first, one after the other; a step that fails holds up none.
   * @throws the failure, or an {@link AggregateError} of several, after the last step.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    const failures: unknown[] = [];
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
      try {
        await step();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1) throw new AggregateError(failures, `${failures.length} parts did not close.`);
  }
}
