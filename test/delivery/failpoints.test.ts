/** A crash at every place of a run, one after the other: nothing is lost, at most the pages under way are sent twice. */

import { expect, test } from 'vitest';
import type { FailpointName } from '../../src/delivery/failpoint.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { LaneLostError } from '../../src/storage/lanes.js';
import {
  addExport,
  addProfiles,
  exampleClaim,
  setUpDelivery,
  startEngine,
  untilFinished,
} from '../support/delivery.js';
import { compareWithLedger } from '../support/delivery-ledger.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const database = useTestDatabase();
const PROFILES = 160;
const LANES = 4;
/** Records of a lane: at most so many are under way in one. */
const LANE_RECORDS = 30;

test('a crash at the n-th place, for every n until a run needs none: 0 lost, only pages under way twice', async () => {
  await using sandbox = await startSandbox({ limits: 'off' });
  sandbox.createStream('crash', 2);
  sandbox.setFaults([{ kind: 'record-error', code: 'InternalFailure', probability: 0.1 }]);
  const setup = await setUpDelivery(database.db, { stream: 'crash', segments: 2 });
  await addProfiles(database.db, setup, PROFILES);
  const exportId = await addExport(database.db, setup);
  const crashes: FailpointName[] = [];
  let isFinished = false;
  for (let place = 1; !isFinished; place += 1) {
    const crashed = await runUntilCrash(sandbox, { exportId, place });
    if (crashed) crashes.push(crashed);
    isFinished = crashed === null;
  }

  const books = await untilFinished(database.db, exportId);

  expect(new Set(crashes).size).toBeGreaterThanOrEqual(5);
  expect(books).toMatchObject({ state: 'SUCCEEDED', received: PROFILES, delivered: PROFILES, pendingRows: 0 });
  const ledger = await compareWithLedger(database.db, sandbox, { stream: 'crash', destinationId: setup.destinationId });
  expect(ledger).toMatchObject({ told: PROFILES, invented: 0 });
  expect(ledger.profileIds.size).toBe(PROFILES);
  // Those crashes that can cost copies: between call and commit.
  const costly = crashes.filter((name) => name !== 'lane.claimed' && name !== 'page.committed');
  expect(ledger.untold.length).toBeLessThanOrEqual(costly.length * LANES * LANE_RECORDS);
});

/**
 * Runs an engine that dies at its n-th failpoint: from then on nothing of it takes effect any more.
 * @returns where it died; null if the export finished first.
 */
async function runUntilCrash(
  sandbox: Sandbox,
  options: { exportId: number; place: number },
): Promise<FailpointName | null> {
  let passed = 0;
  let crashed: FailpointName | null = null;
  await using _engine = startEngine(database.db, sandbox.endpoint, {
    maxLanes: LANES,
    failpoint: async (name) => {
      passed += 1;
      if (passed === options.place) crashed = name;
      if (crashed) throw new CrashError();
    },
  });
  await until(async () => crashed !== null || (await isDone(options.exportId)), { timeoutMs: 20_000 });
  return crashed;
}

/** Ends a run like the death of its process: the commit is not repeated. */
class CrashError extends LaneLostError {
  constructor() {
    super(exampleClaim);
  }
}

async function isDone(exportId: number): Promise<boolean> {
  const row = await database.db
    .selectFrom('export')
    .select('finished_at')
    .where('id', '=', exportId)
    .executeTakeFirstOrThrow();
  return row.finished_at !== null;
}
