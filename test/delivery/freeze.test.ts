/** A process that is frozen in mid-page for longer than its lease: its lanes go to another, its late commit is refused. */

import { join } from 'node:path';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { noDeliveryMetrics } from '../../src/delivery/metrics.js';
import { startSandbox } from '../../src/sandbox/sandbox.js';
import { startChildScript } from '../support/child-script.js';
import { addExport, addProfiles, setUpDelivery, startEngine, untilFinished } from '../support/delivery.js';
import { compareWithLedger } from '../support/delivery-ledger.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const database = useTestDatabase();
/** That of the product: a shorter one can expire before the freeze on a machine that is busy. */
const LEASE_MS = 3_000;

test('after SIGSTOP for twice the lease nothing is lost, and only the pages in flight are there twice', async () => {
  await using sandbox = await startSandbox({ limits: 'off' });
  sandbox.createStream('frozen', 2);
  const setup = await setUpDelivery(database.db, { stream: 'frozen' });
  await addProfiles(database.db, setup, 2_000);
  const exportId = await addExport(database.db, setup);
  const script = join(import.meta.dirname, 'engine.child.ts');
  await using child = startChildScript(script, [database.connection, sandbox.endpoint, String(LEASE_MS), 'page.sent']);
  await until(() => child.said('there') === 4, { timeoutMs: 30_000 });

  child.process.kill('SIGSTOP');
  let takeovers = 0;
  const metrics = {
    ...noDeliveryMetrics,
    takeovers: (lanes: number) => {
      takeovers += lanes;
    },
  };
  await using _engine = startEngine(database.db, sandbox.endpoint, { metrics, maxLanes: 16 });
  const books = await untilFinished(database.db, exportId);
  await sql`select pg_sleep(greatest(0, ${(2 * LEASE_MS) / 1_000} - extract(epoch from clock_timestamp() - lease_expires_at)))
    from worker where name = 'child'`.execute(database.db);
  child.process.kill('SIGCONT');
  child.process.stdin?.write('go on\n');

  await until(() => child.said('fenced') === 4, { timeoutMs: 30_000 });
  // The four at work; those at rest, whose part of the listing was done, come with them.
  expect(takeovers).toBeGreaterThanOrEqual(4);
  expect(takeovers).toBeLessThanOrEqual(16);
  expect(books).toMatchObject({ state: 'SUCCEEDED', received: 2_000, delivered: 2_000, pendingRows: 0 });
  const ledger = await compareWithLedger(database.db, sandbox, {
    stream: 'frozen',
    destinationId: setup.destinationId,
  });
  expect(ledger).toMatchObject({ told: 2_000, invented: 0 });
  expect(ledger.profileIds.size).toBe(2_000);
  // Four lanes had sent their one page, of some 125 records, before the freeze.
  expect(ledger.untold.length).toBeGreaterThan(0);
  expect(ledger.untold.length).toBeLessThanOrEqual(800);
  expect(new Set(ledger.untold).size).toBe(ledger.untold.length);
}, 90_000);
