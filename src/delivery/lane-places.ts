/**
 * Places of steps under way: how much a process works at one time, whatever number of lanes it owns. A lane takes one
 * for a step and gives it back, so that lanes take turns. A step that only waits for an answer holds none: it needs
 * neither CPU nor a session, and a silent destination's calls, 10 s each, would hold them all.
 */

/** Steps that may wait for an answer beyond those at work: all of a few destinations, before they count as silent. */
const MAX_ASIDE = 64;

/** After how long a call is waited for and no more work: AWS answers within a fraction of it, in ms. */
const SLOW_CALL_MS = 250;

/** Told of a call to AWS: while it is slow its step holds no place. */
export type WatchCall = <Answer>(call: Promise<Answer>) => Promise<Answer>;

/** Counts places; one is taken in the order of asking. */
export class LanePlaces {
  readonly #limit: number;
  #taken = 0;
  #aside = 0;
  readonly #waiting: (() => void)[] = [];

  /** @param limit steps under way at one time, at least 1. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Takes a step when there is a place for it. */
  async run<Result>(step: (watchCall: WatchCall) => Promise<Result>): Promise<Result> {
    await this.#take();
    try {
      return await step((call) => this.#watch(call));
    } finally {
      this.#give();
    }
  }

  async #take(): Promise<void> {
    if (this.#taken < this.#limit) {
      this.#taken += 1;
      return;
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Gives a place back: to who waits longest, if anybody does and no more are taken than there are. */
  #give(): void {
    const next = this.#taken > this.#limit ? undefined : this.#waiting.shift();
    if (next) next();
    else this.#taken -= 1;
  }

  async #watch<Answer>(call: Promise<Answer>): Promise<Answer> {
    let isAside = false;
    const timer = setTimeout(() => {
      isAside = this.#stepAside();
    }, SLOW_CALL_MS);
    try {
      return await call;
    } finally {
      clearTimeout(timer);
      if (isAside) this.#comeBack();
    }
  }

  /** @returns false if too many have done so already: the place is kept. */
  #stepAside(): boolean {
    if (this.#aside >= MAX_ASIDE) return false;
    this.#aside += 1;
    this.#give();
    return true;
  }

  /** Takes a place at once, also one too many: what a call has brought must not wait to be put on the books. */
  #comeBack(): void {
    this.#aside -= 1;
    this.#taken += 1;
  }
}
