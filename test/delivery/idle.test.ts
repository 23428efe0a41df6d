/** A lane that can do nothing now is left alone: no hot loop of claims, however its work looks from afar. */

import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { fixedKeys } from '../../src/kinesis/keys.js';
import { startSandbox } from '../../src/sandbox/sandbox.js';
import type { Db } from '../../src/storage/database.js';
import {
  addActivation,
  addExport,
  addProfiles,
  setUpDelivery,
  startEngine,
  untilFinished,
} from '../support/delivery.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const database = useTestDatabase();

test('a lane with too many pending records and an export page is not claimed again and again', async () => {
  await using sandbox = await startSandbox({ limits: 'off' });
  sandbox.createStream('storm', 1);
  const setup = await setUpDelivery(database.db, { stream: 'storm' });
  await addProfiles(database.db, setup, 1);
  const exportId = await addExport(database.db, setup);
  await sql`insert into pending_record (lane, activation_id, profile_id, destination_id, not_before)
    select lane, ${setup.activationId}, 1000000 + number, ${setup.destinationId}, clock_timestamp() + interval '1 hour'
    from generate_series(0, 15) as lane, generate_series(1, 1001) as number`.execute(database.db);
  await using _engine = startEngine(database.db, sandbox.endpoint);
  await until(async () => (await readState(database.db, exportId)) === 'RUNNING');

  expect(await claimsWithin(database.db, setup.destinationId, 1_500)).toBeLessThanOrEqual(6);
});

test('records of a deleted activation are settled while the destination is disabled, those of others wait', async () => {
  await using sandbox = await startSandbox({ limits: 'off' });
  sandbox.createStream('disabled', 1);
  const setup = await setUpDelivery(database.db, { stream: 'disabled' });
  const deleted = await addActivation(database.db, { ...setup, attributes: [] });
  await addProfiles(database.db, setup, 1);
  const exportId = await addExport(database.db, setup);
  await sql`insert into pending_record (lane, activation_id, profile_id, destination_id, not_before, exports)
    select lane, activation_id, profile.id, ${setup.destinationId}, clock_timestamp(),
      jsonb_build_object(${exportId}::text, '0')
    from profile, unnest(${[setup.activationId, deleted]}::bigint[]) as activation_id
    where profile.workspace_id = ${setup.workspaceId}`.execute(database.db);
  await sql`delete from activation where id = ${deleted}`.execute(database.db);
  await sql`update destination set enabled = false where id = ${setup.destinationId}`.execute(database.db);
  await using _engine = startEngine(database.db, sandbox.endpoint);

  const left = await until(async () => {
    const { rows } = await sql<{ activation_id: number }>`
      select activation_id from pending_record where destination_id = ${setup.destinationId}`.execute(database.db);
    expect(rows).toHaveLength(1);
    return rows;
  });

  expect(left).toEqual([{ activation_id: setup.activationId }]);
  expect(await claimsWithin(database.db, setup.destinationId, 500)).toBeLessThanOrEqual(1);
});

test('a lane that stops on an error is tried again, but not in a hot loop', async () => {
  await using sandbox = await startSandbox({ limits: 'off' });
  sandbox.createStream('sealed', 1);
  const setup = await setUpDelivery(database.db, { stream: 'sealed' });
  await addProfiles(database.db, setup, 1);
  const exportId = await addExport(database.db, setup);
  let isBroken = true;
  const findKeys = () => {
    if (isBroken) throw new Error('sealed with another key');
    return fixedKeys({ accessKeyId: 'AKIATESTTESTTESTTEST', secretAccessKey: 'x'.repeat(40) });
  };
  await using _engine = startEngine(database.db, sandbox.endpoint, { findKeys });
  await until(async () => (await readState(database.db, exportId)) === 'RUNNING');

  expect(await claimsWithin(database.db, setup.destinationId, 1_500)).toBeLessThanOrEqual(6);
  isBroken = false;

  expect(await untilFinished(database.db, exportId)).toMatchObject({ state: 'SUCCEEDED', delivered: 1 });
});

test('a call that comes while the engine looks for work is not lost', async () => {
  await using sandbox = await startSandbox({ limits: 'off' });
  sandbox.createStream('woken', 1);
  const setup = await setUpDelivery(database.db, { stream: 'woken' });
  await using engine = startEngine(database.db, sandbox.endpoint);

  const startedAt = performance.now();
  for (let round = 0; round < 5; round += 1) {
    // One call starts the look, the other comes during it.
    engine.wake();
    const exportId = await addExport(database.db, setup);
    engine.wake();
    await until(async () => (await readState(database.db, exportId)) === 'SUCCEEDED', { intervalMs: 2 });
  }

  expect(performance.now() - startedAt).toBeLessThan(2_500);
});

test('a disposed engine leaves no timer behind', async () => {
  await using sandbox = await startSandbox({
    limits: 'off',
    faults: [{ kind: 'request-error', code: 'InternalFailure', status: 500 }],
  });
  sandbox.createStream('timers', 1);
  const setup = await setUpDelivery(database.db, { stream: 'timers' });
  await addProfiles(database.db, setup, 20);
  const exportId = await addExport(database.db, setup);
  const before = countTimers();
  {
    await using _engine = startEngine(database.db, sandbox.endpoint);
    await until(async () => (await readState(database.db, exportId)) === 'RUNNING');
    await until(() => (sandbox.stats.requests['PutRecords'] ?? 0) > 0);
  }

  await until(() => countTimers() <= before, { timeoutMs: 300 });
});

function countTimers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
}

async function readState(db: Db, exportId: number): Promise<string | undefined> {
  const row = await db.selectFrom('export').select('state').where('id', '=', exportId).executeTakeFirst();
  return row?.state;
}

/** How often the busiest lane of a destination is claimed in so many milliseconds. */
async function claimsWithin(db: Db, destinationId: number, ms: number): Promise<number> {
  const before = await readEpochs(db, destinationId);
  const startedAt = performance.now();
  await until(() => performance.now() - startedAt >= ms);
  const after = await readEpochs(db, destinationId);
  return Math.max(...after.map((epoch, lane) => epoch - (before[lane] ?? 0)));
}

async function readEpochs(db: Db, destinationId: number): Promise<number[]> {
  const rows = await db
    .selectFrom('lane')
    .select('epoch')
    .where('destination_id', '=', destinationId)
    .orderBy('lane')
    .execute();
  return rows.map((row) => row.epoch);
}
