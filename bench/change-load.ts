/** Changes at a fixed rate, whatever becomes of them: a contestant that falls behind is not given time to catch up. */

import { setTimeout as delay } from 'node:timers/promises';

/** As of {@link ChangeLoad}, if it names none. */
const REQUESTS_PER_SECOND = 100;

/** What is sent, and how fast. */
export interface ChangeLoad {
  changesPerSecond: number;
  /** Requests begun a second at most: above that each carries several changes. */
  requestsPerSecond?: number;
  seconds: number;
  /** Number of the first change; each gets its own. */
  firstChange: number;
  /** Writes changes and resolves with the answer. */
  send(changes: readonly number[]): Promise<unknown>;
}

/** When a change was sent and when its write was answered, by the monotonic clock in ms. */
export interface ChangeTimes {
  sentAt: number;
  answeredAt: number;
}

/** Sends the load; resolves when every write was answered. @returns times by the change's number. @throws if one fails. */
export async function sendChanges(load: ChangeLoad): Promise<Map<number, ChangeTimes>> {
  const { requestsPerSecond = REQUESTS_PER_SECOND } = load;
  const perRequest = Math.max(1, Math.round(load.changesPerSecond / requestsPerSecond));
  const requests = Math.round((load.changesPerSecond * load.seconds) / perRequest);
  const intervalMs = (1_000 * perRequest) / load.changesPerSecond;
  const times = new Map<number, ChangeTimes>();
  const underWay: Promise<void>[] = [];
  const startedAt = performance.now();
  for (let request = 0; request < requests; request += 1) {
    const waitMs = startedAt + request * intervalMs - performance.now();
    if (waitMs > 0) await delay(waitMs);
    const first = load.firstChange + request * perRequest;
    underWay.push(sendOne(load, range(first, perRequest), times));
  }
  await Promise.all(underWay);
  return times;
}

async function sendOne(load: ChangeLoad, changes: readonly number[], times: Map<number, ChangeTimes>): Promise<void> {
  const sentAt = performance.now();
  await load.send(changes);
  const answeredAt = performance.now();
  for (const change of changes) times.set(change, { sentAt, answeredAt });
}

function range(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}
