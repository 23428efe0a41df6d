/** A crash at every place of a run, one after the other: nothing is lost, at most the pages under way are sent twice. */

import { expect, test } from 'vitest';
import { FAILPOINTS, type FailpointName } from '../../src/delivery/failpoint.js';
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

test('a crash at every place, over and over until a run needs none: 0 lost, only pages under way twice', async () => {
  await using sandbox = await startSandbox({ limits: 'off' });
  sandbox.createStream('crash', 2);
  sandbox.setFaults([{ kind: 'record-error', code: 'InternalFailure', probability: 0.1 }]);
  const setup = await setUpDelivery(database.db, { stream: 'crash', segments: 2 });
  await addProfiles(database.db, setup, PROFILES);
  const exportId = await addExport(database.db, setup);
  const crashes = await crashUntilDone(sandbox, exportId);

  const books = await untilFinished(database.db, exportId);

  expect(new Set(crashes)).toEqual(new Set(FAILPOINTS));
  expect(books).toMatchObject({ state: 'SUCCEEDED', received: PROFILES, delivered: PROFILES, pendingRows: 0 });
  const ledger = await compareWithLedger(database.db, sandbox, { stream: 'crash', destinationId: setup.destinationId });
  expect(ledger).toMatchObject({ told: PROFILES, invented: 0 });
  expect(ledger.profileIds.size).toBe(PROFILES);
  // Those crashes that can cost copies: between call and commit.
  const costly = crashes.filter((name) => name !== 'lane.claimed' && name !== 'page.committed');
  expect(ledger.untold.length).toBeLessThanOrEqual(costly.length * LANES * LANE_RECORDS);
});

/**
 * Runs engines that die at each place in turn, at its first passing, then at its second, and so on, until the export is done.
 * @returns where they died.
 */
async function crashUntilDone(sandbox: Sandbox, exportId: number): Promise<FailpointName[]> {
  const crashes: FailpointName[] = [];
  for (let passing = 1; ; passing += 1) {
    // Progress is made at the last place only.
    for (const name of FAILPOINTS) {
      const crashed = await runUntilCrash(sandbox, { exportId, name, passing });
      if (!crashed) return crashes;
      crashes.push(name);
    }
  }
}

/**
 * Runs an engine that dies when it passes the named place so many times: from then on nothing of it takes effect any more.
 * @returns whether it died; false if the export finished first.
 */
async function runUntilCrash(
  sandbox: Sandbox,
  options: { exportId: number; name: FailpointName; passing: number },
): Promise<boolean> {
  let passed = 0;
  let crashed = false;
  await using _engine = startEngine(database.db, sandbox.endpoint, {
    maxLanes: LANES,
    failpoint: async (name) => {
      if (name === options.name) passed += 1;
      if (passed >= options.passing) crashed = true;
      if (crashed) throw new CrashError();
    },
  });
  await until(async () => crashed || (await isDone(options.exportId)), { timeoutMs: 20_000 });
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
