/** Holds code up at a place until the test lets it go on. */

/** A gate for failpoints: those who come wait until it is opened. */
export class Gate {
  #open: () => void = () => {};
  readonly #opened = new Promise<void>((resolve) => {
    this.#open = resolve;
  });
  /** How many have come so far. */
  arrived = 0;

  /** Waits until the gate is open. */
  async pass(): Promise<void> {
    this.arrived += 1;
    await this.#opened;
  }

  /** Lets all through, now and later. */
  open(): void {
    this.#open();
  }
}
