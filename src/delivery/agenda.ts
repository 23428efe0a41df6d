/** What a lane knows of its work, so that it looks into the database only when it has to. */

import type { LaneWork } from '../storage/lane-work.js';
import { chooseStep, FIRST_TURN, nextTurn, type Step } from './step.js';

/** Who rang a lane at rest: a writer of pending records of this very lane, or somebody who may have brought anything. */
export type Ring = 'records' | 'anything';

/** How long what a lane has to do counts as known while it sends page after page, in ms. */
const LOOK_INTERVAL_MS = 200;

/** How long a lane that is rung for records again and again goes without a look at its exports, in ms. */
const QUIET_MS = 1_000;

/** What a lane has to do that was rung, until it has looked. */
const RUNG: LaneWork = { parts: [], pendingDue: true, pendingCount: 1 };
const NOTHING: LaneWork = { parts: [], pendingDue: false, pendingCount: 0 };

/** The work of one lane in the order in which it is to be done. */
export class Agenda {
  readonly #look: () => Promise<LaneWork>;
  #work: LaneWork | null = null;
  #lookedAt = 0;
  #turn = FIRST_TURN;
  /** The last look showed no exports, and nobody has rung for anything since: records that come are all that there is. */
  #isQuiet = false;
  #isTold = false;

  /** @param look reads the lane's work. */
  constructor(look: () => Promise<LaneWork>) {
    this.#look = look;
  }

  /** Whether the work is known from a ring, or from what came of it, instead of from a look: it may be wrong. */
  get isTold(): boolean {
    return this.#isTold;
  }

  /** The next step, or null if there is nothing to do now. What an old look does not show is looked for again. */
  async nextStep(): Promise<Step | null> {
    if (this.#work === null || (!this.#isTold && performance.now() - this.#lookedAt >= LOOK_INTERVAL_MS))
      return await this.#chooseAnew();
    const step = chooseStep(this.#work, this.#turn);
    return step || this.#isTold ? step : await this.#chooseAnew();
  }

  /** Notes that a step was taken. @param changedWork whether the work may be another now. */
  taken(step: Step, { changedWork, tookAllRecords }: { changedWork: boolean; tookAllRecords: boolean }): void {
    this.#turn = nextTurn(this.#turn, step);
    const isQuiet = this.#isQuiet && performance.now() - this.#lookedAt < QUIET_MS;
    if (tookAllRecords && !changedWork && isQuiet) this.#tell(NOTHING);
    else if (changedWork || tookAllRecords || this.#isTold) this.forget();
  }

  /** Notes how a rest ended, null if nobody rang: taking what a writer brought spares the look that would find it. */
  rested(ring: Ring | null): void {
    if (ring === null) {
      this.forget();
      return;
    }
    if (ring === 'anything') this.#isQuiet = false;
    this.#tell(RUNG);
  }

  /** Nothing is known any more. */
  forget(): void {
    this.#work = null;
    this.#isTold = false;
  }

  #tell(work: LaneWork): void {
    this.#work = work;
    this.#isTold = true;
  }

  async #chooseAnew(): Promise<Step | null> {
    this.#work = await this.#look();
    this.#lookedAt = performance.now();
    this.#isTold = false;
    this.#isQuiet = this.#work.parts.length === 0;
    return chooseStep(this.#work, this.#turn);
  }
}
