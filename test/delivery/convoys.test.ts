/** Lanes that travel together: who goes with whom, and what a convoy that goes wrong does to the others. */

import { setImmediate as nextTurnOfLoop, setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Convoys, SLOW_MS } from '../../src/delivery/convoys.js';
import type { PageOutcome } from '../../src/delivery/send.js';
import type { LaneClaim } from '../../src/storage/lanes.js';
import { exampleClaim } from '../support/delivery.js';
import { until } from '../support/until.js';

test('lanes of one destination that come in one turn go together, those of another alone', async () => {
  const { convoys, departures } = record(async (claims) => outcomes(claims));

  const rides = await Promise.all([
    convoys.ride(lane(1)),
    convoys.ride(lane(2)),
    convoys.ride(lane(3, 77)),
    convoys.ride(lane(4)),
  ]);

  expect(departures).toEqual([[1, 2, 4], [3]]);
  expect(rides).toEqual(outcomes([lane(1), lane(2), lane(3, 77), lane(4)]).map(({ value }) => value));
});

test('behind a quick convoy those who come wait for it to arrive, and then go together', async () => {
  const { convoys, departures, arrive } = recordSlow();
  const first = convoys.ride(lane(1));
  await until(() => departures.length === 1);
  const others = [convoys.ride(lane(2)), convoys.ride(lane(3))];
  await nextTurnOfLoop();
  expect(departures).toEqual([[1]]);

  arrive(0);
  await first;
  await until(() => departures.length === 2);

  expect(departures).toEqual([[1], [2, 3]]);
  arrive(1);
  await Promise.all(others);
});

test('behind a slow one they go without it; with two under way they wait for the first to arrive', async () => {
  const { convoys, departures, arrive } = recordSlow();
  const first = convoys.ride(lane(1));
  await until(() => departures.length === 1);
  const others = [convoys.ride(lane(2))];
  await until(() => departures.length === 2);
  others.push(convoys.ride(lane(3)), convoys.ride(lane(4)));
  await sleep(2 * SLOW_MS);
  expect(departures).toEqual([[1], [2]]);

  arrive(0);
  await first;
  await until(() => departures.length === 3);

  expect(departures).toEqual([[1], [2], [3, 4]]);
  arrive(1);
  arrive(2);
  await Promise.all(others);
});

test('a lane that is refused is told so, and the others of its convoy are not', async () => {
  const { convoys } = record(async (claims) =>
    claims.map((claim) =>
      claim.lane === 2 ? { status: 'rejected', reason: new Error('lost') } : { status: 'fulfilled', value: null },
    ),
  );

  const rides = await Promise.allSettled([convoys.ride(lane(1)), convoys.ride(lane(2))]);

  expect(rides.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
});

test('after a convoy went wrong its lanes go each alone: only the one with the fault fails', async () => {
  const { convoys, departures } = record(async (claims) => {
    if (claims.some((claim) => claim.lane === 2)) throw new Error('a record cannot be built');
    return outcomes(claims);
  });
  const lanes = [1, 2, 3];

  const together = await Promise.allSettled(lanes.map((number) => convoys.ride(lane(number))));
  const alone = await Promise.allSettled(lanes.map((number) => convoys.ride(lane(number))));

  expect(together.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  expect(alone.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(departures).toEqual([[1, 2, 3], [1], [2], [3]]);
});

function lane(number: number, destinationId = 2): LaneClaim {
  return { ...exampleClaim, destinationId, lane: number };
}

function outcomes(claims: readonly LaneClaim[]) {
  return claims.map((claim) => ({
    status: 'fulfilled' as const,
    value: { claim, changedWork: false, tookAllRecords: true } satisfies PageOutcome,
  }));
}

/** Convoys that are under way until they are told to arrive, by their number from 0. */
function recordSlow(): ReturnType<typeof record> & { arrive(convoy: number): void } {
  const arrivals: (() => void)[] = [];
  const recorded = record(async (claims) => {
    await new Promise<void>((resolve) => arrivals.push(resolve));
    return outcomes(claims);
  });
  return { ...recorded, arrive: (convoy) => arrivals[convoy]?.() };
}

/** Convoys whose departures are written down, by their lanes. */
function record(depart: ConstructorParameters<typeof Convoys>[0]): { convoys: Convoys; departures: number[][] } {
  const departures: number[][] = [];
  const convoys = new Convoys(async (claims) => {
    departures.push(claims.map((claim) => claim.lane));
    return await depart(claims);
  });
  return { convoys, departures };
}
