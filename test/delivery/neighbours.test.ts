/** One destination in trouble beside healthy ones: it has its share of lanes and memory, not theirs. */

import { expect, test } from 'vitest';
import { startSandbox } from '../../src/sandbox/sandbox.js';
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
  const silent = await start('silent');
  await using _engine = startEngine(database.db, sandbox.endpoint, { maxLanes: 8, probeIntervalMs: 2_000 });
  await until(() => (sandbox.stats.requests['PutRecords'] ?? 0) >= 4);
  const startedAt = performance.now();

  const healthy = [await start('well-1'), await start('well-2'), await start('well-3')];
  for (const exportId of healthy) await untilFinished(database.db, exportId);

  expect(performance.now() - startedAt).toBeLessThan(20_000);
  sandbox.setFaults([]);
  await untilFinished(database.db, silent);

  async function start(stream: string): Promise<number> {
    sandbox.createStream(stream, 1);
    const setup: DeliverySetup = await setUpDelivery(database.db, { stream });
    await addProfiles(database.db, setup, 400);
    return await addExport(database.db, setup);
  }
});
