/**
 * Lanes of one destination that have pending records at the same moment go together: one read, one call and one commit
 * for all of them. A page costs about the same whether it holds one record or fifty, and live changes come one by one.
 */

import { setImmediate as nextTurnOfLoop } from 'node:timers/promises';
import type { LaneClaim } from '../storage/lanes.js';
import type { PageOutcome } from './send.js';

/** Sends the pending records of lanes of one destination; outcomes stand in the order of the lanes. */
export type Depart = (claims: readonly LaneClaim[]) => Promise<PromiseSettledResult<PageOutcome>[]>;

/** Convoys of a destination under way at one time, once they are slow. */
const MAX_UNDER_WAY = 2;

/**
 * How long a convoy is under way before the next one need not wait for its arrival, in ms. A quick one is worth waiting for:
 * those who come meanwhile then share one read, call and commit, which is what the machine is busy with. Behind a slow one,
 * whose records are at AWS, the next can be read.
 */
export const SLOW_MS = 50;

/** How long lanes go each alone after a convoy went wrong, in ms: what is wrong with one must not stop the others. */
const ALONE_MS = 30_000;

interface Passenger {
  claim: LaneClaim;
  resolve(outcome: PageOutcome): void;
  reject(error: unknown): void;
}

/** What waits and what is under way of one destination. */
interface Station {
  waiting: Passenger[];
  underWay: number;
  /** When the newest convoy left. */
  leftAt: number;
  /** Fires when the newest convoy is slow; null while nobody waits for that. */
  slowTimer: NodeJS.Timeout | null;
  aloneUntil: number;
}

/** The convoys of a process. */
export class Convoys {
  readonly #depart: Depart;
  readonly #stations = new Map<number, Station>();

  constructor(depart: Depart) {
    this.#depart = depart;
  }

  /** Sends a lane's pending records with the next convoy of its destination. */
  ride(claim: LaneClaim): Promise<PageOutcome> {
    const station = this.#stations.get(claim.destinationId) ?? openStation();
    this.#stations.set(claim.destinationId, station);
    return new Promise((resolve, reject) => {
      station.waiting.push({ claim, resolve, reject });
      if (station.waiting.length === 1) this.#follow(claim.destinationId, station);
    });
  }

  /** Sends a convoy at once, or when the one before it turns out to be slow; else those who wait go when it arrives. */
  #follow(destinationId: number, station: Station): void {
    if (station.waiting.length === 0 || station.underWay >= MAX_UNDER_WAY || station.slowTimer) return;
    const waitMs = station.underWay === 0 ? 0 : station.leftAt + SLOW_MS - performance.now();
    if (waitMs <= 0) void this.#send(destinationId, station);
    else
      station.slowTimer = setTimeout(() => {
        station.slowTimer = null;
        this.#follow(destinationId, station);
      }, waitMs);
  }

  async #send(destinationId: number, station: Station): Promise<void> {
    station.underWay += 1;
    // Lanes that one write rings come in the same turn of the loop.
    await nextTurnOfLoop();
    while (station.waiting.length > 0) {
      const isAlone = performance.now() < station.aloneUntil;
      const passengers = station.waiting.splice(0, isAlone ? 1 : station.waiting.length);
      await this.#travel(station, passengers);
    }
    station.underWay -= 1;
    if (station.underWay === 0 && performance.now() >= station.aloneUntil) this.#stations.delete(destinationId);
  }

  async #travel(station: Station, passengers: readonly Passenger[]): Promise<void> {
    station.leftAt = performance.now();
    try {
      const outcomes = await this.#depart(passengers.map(({ claim }) => claim));
      passengers.forEach((passenger, index) => {
        const outcome = outcomes[index];
        if (outcome?.status === 'fulfilled') passenger.resolve(outcome.value);
        else passenger.reject(outcome?.reason);
      });
    } catch (error) {
      if (passengers.length > 1) station.aloneUntil = performance.now() + ALONE_MS;
      for (const { reject } of passengers) reject(error);
    }
  }
}

function openStation(): Station {
  return { waiting: [], underWay: 0, leftAt: 0, slowTimer: null, aloneUntil: 0 };
}
