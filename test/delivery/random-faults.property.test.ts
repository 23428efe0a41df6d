/** Random faults by seed: whatever AWS does, no record is lost, and the books say what the stream holds. */

import { expect, test } from 'vitest';
import { startSandbox } from '../../src/sandbox/sandbox.js';
import { addExport, addProfiles, setUpDelivery, startEngine, untilFinished } from '../support/delivery.js';
import { compareWithLedger } from '../support/delivery-ledger.js';
import { randomFaults } from '../support/random-faults.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
const SEEDS = Number(process.env['TRIBUTARY_TEST_SEEDS'] ?? 100);
/** Seeds that run side by side: most of their time is waiting. */
const WORKERS = 16;
const PROFILES = 200;

test(`${SEEDS} seeds of random faults: 0 lost, books = ledger, copies within the possible duplicates`, {
  timeout: 20_000 + SEEDS * 3_000,
}, async () => {
  await using sandbox = await startSandbox({ limits: 'off' });
  await using _engine = startEngine(database.db, sandbox.endpoint, { maxLanes: 64, probeIntervalMs: 200 });
  const seeds = Array.from({ length: SEEDS }, (_, index) => index + 1);
  // Rules of all streams stand in one list: a stream's own are drawn from its seed, in order of its seed.
  sandbox.setFaults(
    seeds.flatMap((seed) => randomFaults(seed, streamOf(seed))),
    42,
  );
  const next = seeds.values();
  const workers = Array.from({ length: WORKERS }, async () => {
    for (const seed of next) await runSeed(seed, sandbox);
  });

  await Promise.all(workers);
});

async function runSeed(seed: number, sandbox: Awaited<ReturnType<typeof startSandbox>>): Promise<void> {
  const stream = streamOf(seed);
  sandbox.createStream(stream, 1 + (seed % 3));
  const setup = await setUpDelivery(database.db, { stream, segments: 1 + (seed % 2) });
  await addProfiles(database.db, setup, PROFILES);
  const exports = [await addExport(database.db, setup), await addExport(database.db, setup)];

  let possibleDuplicates = 0;
  for (const exportId of exports) {
    const books = await untilFinished(database.db, exportId, 120_000).catch((error) => {
      throw new Error(`Seed ${seed} does not come to its end.`, { cause: error });
    });
    expect({ seed, ...books }).toMatchObject({
      seed,
      state: 'SUCCEEDED',
      received: PROFILES,
      delivered: PROFILES,
      pendingRows: 0,
    });
    possibleDuplicates += books.possibleDuplicates;
  }

  const ledger = await compareWithLedger(database.db, sandbox, { stream, destinationId: setup.destinationId });
  expect({ seed, profiles: ledger.profileIds.size, invented: ledger.invented }).toEqual({
    seed,
    profiles: PROFILES,
    invented: 0,
  });
  expect({ seed, copied: new Set(ledger.untold).size }).toSatisfy(({ copied }) => copied <= possibleDuplicates);
  // Each look for work passes all lanes there are: those of finished seeds would be most of the load.
  await database.db.deleteFrom('destination').where('id', '=', setup.destinationId).execute();
}

function streamOf(seed: number): string {
  return `seed-${seed}`;
}
