/** Random faults by seed: whatever AWS does, no record is lost, and the books say what the stream holds. */

import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startSandbox } from '../../src/sandbox/sandbox.js';
import { addExport, addProfiles, setUpDelivery, startEngine, untilFinished } from '../support/delivery.js';
import { compareWithLedger, countStates, renewProfiles } from '../support/delivery-ledger.js';
import { randomFaults } from '../support/random-faults.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
const SEEDS = Number(process.env['TRIBUTARY_TEST_SEEDS'] ?? 100);
/** Seeds that run side by side: most of their time is waiting. */
const WORKERS = 16;
const PROFILES = 200;

test(`${SEEDS} seeds of random faults: 0 lost, books = ledger, copies within the possible duplicates, order kept`, {
  timeout: 60_000 + SEEDS * 6_000,
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
  const total = { lost: 0, copies: 0, unknown: 0, inversions: 0 };
  const workers = Array.from({ length: WORKERS }, async () => {
    for (const seed of next) {
      const counted = await runSeed(seed, sandbox);
      expect({ seed, ...counted }).toMatchObject({ seed, lost: 0, inversions: 0 });
      for (const [name, count] of Object.entries(counted)) total[name as keyof typeof total] += count;
    }
  });

  await Promise.all(workers);

  const struck = sandbox.faultCounts().filter(({ strikes }) => strikes > 0).length;
  process.stdout.write(
    `seeds 1–${SEEDS} ${JSON.stringify({ ...total, rules: sandbox.faultCounts().length, struck })}\n`,
  );
  expect(total.copies).toBeGreaterThan(0);
  expect(total.copies).toBeLessThanOrEqual(total.unknown);
  expect(struck).toBeGreaterThan(sandbox.faultCounts().length / 2);
});

async function runSeed(seed: number, sandbox: Awaited<ReturnType<typeof startSandbox>>) {
  const stream = streamOf(seed);
  sandbox.createStream(stream, 1 + (seed % 3));
  const setup = await setUpDelivery(database.db, { stream, segments: 1 + (seed % 2) });
  await addProfiles(database.db, setup, PROFILES);
  const first = await addExport(database.db, setup);
  // Some seeds have sent nothing by then, others nearly all.
  await delay((seed % 10) * 30);
  await renewProfiles(database.db, setup.workspaceId);
  const exports = [first, await addExport(database.db, setup)];

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
  // A record whose outcome was unknown several times may have several copies, and is counted once.
  expect({ seed, copied: new Set(ledger.untold).size }).toSatisfy(({ copied }) => copied <= possibleDuplicates);
  const { newest, inversions } = countStates(sandbox, stream);
  // Each look for work passes all lanes there are: those of finished seeds would be most of the load.
  await database.db.deleteFrom('destination').where('id', '=', setup.destinationId).execute();
  return { lost: PROFILES - newest, copies: ledger.untold.length, unknown: possibleDuplicates, inversions };
}

function streamOf(seed: number): string {
  return `seed-${seed}`;
}
