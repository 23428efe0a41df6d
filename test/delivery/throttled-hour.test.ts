/**
 * An hour in which AWS refuses every request whole. The clock is compressed: once as many requests have been made as there
 * are lanes, all stored times are moved into the past by a minute, which to the engine is a minute that has passed.
 */

import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { LANE_COUNT } from '../../src/domain/lane.js';
import { startSandbox } from '../../src/sandbox/sandbox.js';
import { addExport, addProfiles, readBooks, setUpDelivery, startEngine, untilFinished } from '../support/delivery.js';
import { compareWithLedger, countStates, renewProfiles } from '../support/delivery-ledger.js';
import { readHealth } from '../support/destination-health.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const database = useTestDatabase();
const PROFILES = 300;
const MINUTES = 60;

test('an hour of whole requests refused: nothing lost, no copy, no older state after a newer one', {
  timeout: 180_000,
}, async () => {
  await using sandbox = await startSandbox({ limits: 'off' });
  sandbox.createStream('hour', 2);
  const refused = { kind: 'request-error', code: 'LimitExceededException', status: 400 } as const;
  sandbox.setFaults([{ ...refused, match: { operation: 'PutRecords', stream: 'hour' } }]);
  const setup = await setUpDelivery(database.db, { stream: 'hour' });
  await addProfiles(database.db, setup, PROFILES);
  await using engine = startEngine(database.db, sandbox.endpoint, { maxLanes: LANE_COUNT });
  const requests = () => sandbox.stats.requests['PutRecords'] ?? 0;
  const exports = [await addExport(database.db, setup)];
  const began = await readHealth(database.db, setup.destinationId);

  for (let minute = 1; minute <= MINUTES; minute += 1) {
    const before = requests();
    await until(() => expect(requests()).toBeGreaterThanOrEqual(before + LANE_COUNT));
    if (minute === MINUTES / 2) {
      await renewProfiles(database.db, setup.workspaceId);
      exports.push(await addExport(database.db, setup));
    }
    await passMinute(setup.destinationId);
    engine.wake();
  }

  const waiting = { state: 'RUNNING', received: PROFILES, delivered: 0, failed: 0, skipped: 0, pendingRows: PROFILES };
  for (const id of exports) expect(await readBooks(database.db, id)).toMatchObject(waiting);
  const throttled = await readHealth(database.db, setup.destinationId);
  expect(throttled).toMatchObject({ health_status: 'THROTTLED', health_code: 'THROTTLED' });
  expect(began.health_since.getTime() - throttled.health_since.getTime()).toBeGreaterThan(50 * 60_000);
  const refusedRequests = requests();
  sandbox.setFaults([]);
  const done = { state: 'SUCCEEDED', received: PROFILES, delivered: PROFILES, possibleDuplicates: 0, pendingRows: 0 };
  for (const id of exports) expect(await untilFinished(database.db, id)).toMatchObject(done);
  const ledger = await compareWithLedger(database.db, sandbox, { stream: 'hour', destinationId: setup.destinationId });
  expect(ledger).toMatchObject({ told: 2 * PROFILES, invented: 0 });
  const { newest, inversions } = countStates(sandbox, 'hour');
  const counted = { refusedRequests, lost: PROFILES - newest, copies: ledger.untold.length, inversions };
  process.stdout.write(`hour of throttle: ${JSON.stringify(counted)}\n`);
  expect(counted).toMatchObject({ lost: 0, copies: 0, inversions: 0 });
});

/** Moves every time that the destination's work waits for, or counts from, a minute into the past. */
async function passMinute(destinationId: number): Promise<void> {
  await sql`/* test.pass_minute */
    with destinations as (
      update destination set next_probe_at = next_probe_at - interval '1 minute',
        health_since = health_since - interval '1 minute', paced_until = paced_until - interval '1 minute'
      where id = ${destinationId}
    ),
    lanes as (
      update export_lane set not_before = not_before - interval '1 minute' where destination_id = ${destinationId}
    )
    update pending_record set not_before = not_before - interval '1 minute'
    where destination_id = ${destinationId}`.execute(database.db);
}
