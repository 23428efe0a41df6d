/** Destinations that halt: nothing dropped, one probe at a time, on again as soon as the fault is gone. */

import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { HealthState } from '../../src/domain/health.js';
import type { FaultRule } from '../../src/sandbox/faults.js';
import { startSandbox } from '../../src/sandbox/sandbox.js';
import { writeHealth } from '../../src/storage/destination-health.js';
import {
  addExport,
  addProfiles,
  cancelExport,
  readBooks,
  setUpDelivery,
  startEngine,
  untilFinished,
} from '../support/delivery.js';
import { compareWithLedger } from '../support/delivery-ledger.js';
import { readHealth } from '../support/destination-health.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const database = useTestDatabase();
const DENIED: FaultRule = { kind: 'request-error', code: 'AccessDeniedException', status: 400 };

test.each([
  ['AccessDeniedException', 'ACCESS_DENIED'],
  ['ResourceNotFoundException', 'STREAM_NOT_FOUND'],
  ['ExpiredTokenException', 'CREDENTIAL_EXPIRED'],
])('%s halts the destination; nothing is dropped, and it resumes by itself', async (code, cause) => {
  await using run = await prepare(`halt-${cause}`, 200);
  run.sandbox.setFaults([{ kind: 'request-error', code, status: 400 }]);
  await using _engine = run.start(300);
  const health = await until(async () => {
    const found = await run.readHealth();
    expect(found.health_status).toBe('HALTED');
    return found;
  });
  expect(health.health_code).toBe(cause);
  expect(health.health_message).not.toBe(null);
  expect(await readBooks(database.db, run.exportId)).toMatchObject({
    received: 200,
    delivered: 0,
    failed: 0,
    skipped: 0,
    pendingRows: 200,
  });

  run.sandbox.setFaults([]);

  expect(await untilFinished(database.db, run.exportId)).toMatchObject({
    state: 'SUCCEEDED',
    delivered: 200,
    possibleDuplicates: 0,
  });
  expect(await run.readHealth()).toMatchObject({ health_status: 'HEALTHY', health_code: null, next_probe_at: null });
  expect(await run.compare()).toMatchObject({ told: 200, untold: [] });
  expect(await run.readHealthEvents()).toEqual(['HALTED', 'HEALTHY']);
});

test('a halted destination is tried by one call an interval, however many lanes wait', async () => {
  await using run = await prepare('probe', 400);
  run.sandbox.setFaults([DENIED]);
  await using _engine = run.start(400);
  await until(async () => expect((await run.readHealth()).health_status).toBe('HALTED'));
  // Calls that were under way when it halted may still come.
  await until(async () => expect(await countOwned(run.setup.destinationId)).toBe(0));
  const before = run.countCalls();
  const startedAt = performance.now();

  await until(() => run.countCalls() - before >= 3, { timeoutMs: 10_000 });

  expect(performance.now() - startedAt).toBeGreaterThan(2 * 400 - 100);
});

test('once mended by hand a halted destination goes on at once, not when the probe is due', async () => {
  await using run = await prepare('mended', 200);
  run.sandbox.setFaults([DENIED]);
  await using engine = run.start(3_600_000);
  await until(async () => expect((await run.readHealth()).health_status).toBe('HALTED'));
  await until(async () => expect(await countOwned(run.setup.destinationId)).toBe(0));
  run.sandbox.setFaults([]);

  await sql`update destination set health_status = 'UNTESTED', version = version + 1, next_probe_at = null
    where id = ${run.setup.destinationId}`.execute(database.db);
  engine.wake();

  expect(await untilFinished(database.db, run.exportId, 5_000)).toMatchObject({ state: 'SUCCEEDED', delivered: 200 });
});

test('a cancel is settled while the destination is halted', async () => {
  await using run = await prepare('halted-cancel', 100);
  run.sandbox.setFaults([DENIED]);
  await using _engine = run.start(3_600_000);
  await until(async () => expect((await run.readHealth()).health_status).toBe('HALTED'));

  await cancelExport(database.db, run.exportId);

  expect(await untilFinished(database.db, run.exportId)).toMatchObject({
    state: 'CANCELED',
    received: 100,
    skipped: 100,
  });
});

test('evidence of a call under other versions of destination or secret is void', async () => {
  await using run = await prepare('void', 0);
  const subject = { destinationId: run.setup.destinationId, destinationVersion: 1, secretVersion: 1 };
  const halted: HealthState = { status: 'HALTED', code: 'ACCESS_DENIED', message: 'm', awsRequestId: null };
  const evidence = { probeAfterMs: 1_000, decide: () => halted };

  expect(await writeHealth(database.db, { ...subject, destinationVersion: 2 }, evidence)).toBe(false);
  expect(await writeHealth(database.db, { ...subject, secretVersion: 2 }, evidence)).toBe(false);
  expect(await run.readHealth()).toMatchObject({ health_status: 'UNTESTED' });
  expect(await writeHealth(database.db, subject, evidence)).toBe(true);
  expect(await writeHealth(database.db, subject, evidence)).toBe(false);
  expect(await run.readHealth()).toMatchObject({ health_status: 'HALTED', health_code: 'ACCESS_DENIED' });
});

test('a stream that takes no more is shown as throttled, and what waits arrives', async () => {
  await using run = await prepare('throttled', 300);
  run.sandbox.setFaults([{ kind: 'record-error', code: 'ProvisionedThroughputExceededException', probability: 0.8 }]);
  await using _engine = run.start(300);

  await until(async () =>
    expect(await run.readHealth()).toMatchObject({ health_status: 'THROTTLED', health_code: 'THROTTLED' }),
  );

  expect(await untilFinished(database.db, run.exportId)).toMatchObject({ state: 'SUCCEEDED', delivered: 300 });
  expect(await run.compare()).toMatchObject({ told: 300, untold: [] });
});

async function prepare(stream: string, profiles: number) {
  const sandbox = await startSandbox({ limits: 'off' });
  sandbox.createStream(stream, 2);
  const setup = await setUpDelivery(database.db, { stream });
  await addProfiles(database.db, setup, profiles);
  const exportId = await addExport(database.db, setup);
  return {
    sandbox,
    setup,
    exportId,
    start: (probeIntervalMs: number) => startEngine(database.db, sandbox.endpoint, { probeIntervalMs }),
    compare: () => compareWithLedger(database.db, sandbox, { stream, destinationId: setup.destinationId }),
    countCalls: () => sandbox.stats.requests['PutRecords'] ?? 0,
    readHealth: () => readHealth(database.db, setup.destinationId),
    readHealthEvents: () => readHealthEvents(setup.destinationId),
    async [Symbol.asyncDispose]() {
      await sql`update export set state = 'CANCELED' where id = ${exportId} and finished_at is null`.execute(
        database.db,
      );
      await sandbox[Symbol.asyncDispose]();
    },
  };
}

async function readHealthEvents(destinationId: number): Promise<(string | null)[]> {
  const { rows } = await sql<{ status: string | null }>`select health ->> 'status' as status from state_event
    where destination_id = ${destinationId} and health is not null order by position`.execute(database.db);
  return rows.map((row) => row.status);
}

async function countOwned(destinationId: number): Promise<number> {
  const { rows } = await sql<{ owned: number }>`
    select count(worker_id)::int as owned from lane where destination_id = ${destinationId}`.execute(database.db);
  return rows[0]?.owned ?? 0;
}
