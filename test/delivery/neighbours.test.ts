/** One destination in trouble beside healthy ones: it has its share of lanes and memory, not theirs. */

import { expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import {
  addExport,
  addProfiles,
  type DeliverySetup,
  setUpDelivery,
  startEngine,
  untilFinished,
} from '../support/delivery.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const database = useTestDatabase();

test('a destination that never answers does not stop three healthy ones', { timeout: 60_000 }, async () => {
  await using sandbox = await startSandbox({ limits: 'off' });
  sandbox.setFaults([{ kind: 'no-answer', match: { stream: 'silent' } }]);
  const silent = await startExport(sandbox, 'silent');
  await using _engine = startEngine(database.db, sandbox.endpoint, { maxLanes: 8, probeIntervalMs: 2_000 });
  await until(() => (sandbox.stats.requests['PutRecords'] ?? 0) >= 4);
  const startedAt = performance.now();

  const healthy = [
    await startExport(sandbox, 'well-1'),
    await startExport(sandbox, 'well-2'),
    await startExport(sandbox, 'well-3'),
  ];
  for (const exportId of healthy) await untilFinished(database.db, exportId);

  expect(performance.now() - startedAt).toBeLessThan(20_000);
  sandbox.setFaults([]);
  await untilFinished(database.db, silent);
});

test('a lane whose call gets no answer holds up no other, even if there is but one', { timeout: 60_000 }, async () => {
  await using sandbox = await startSandbox({ limits: 'off' });
  sandbox.setFaults([{ kind: 'no-answer', match: { stream: 'silent-alone' } }]);
  await startExport(sandbox, 'silent-alone');
  await using _engine = startEngine(database.db, sandbox.endpoint, { maxLanes: 1 });
  await until(() => (sandbox.stats.requests['PutRecords'] ?? 0) >= 1, { timeoutMs: 15_000 });
  const startedAt = performance.now();

  await untilFinished(database.db, await startExport(sandbox, 'well-beside'));

  // The silent call itself takes 10 s.
  expect(performance.now() - startedAt).toBeLessThan(9_000);
});

async function startExport(sandbox: Sandbox, stream: string): Promise<number> {
  sandbox.createStream(stream, 1);
  const setup: DeliverySetup = await setUpDelivery(database.db, { stream });
  await addProfiles(database.db, setup, 400);
  return await addExport(database.db, setup);
}
