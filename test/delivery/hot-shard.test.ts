/** A hot shard: what goes to the others is not held up by it, and nothing of either is lost. */

import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { type SandboxRecord, startSandbox } from '../../src/sandbox/sandbox.js';
import { addExport, addProfiles, setUpDelivery, startEngine, untilFinished } from '../support/delivery.js';
import { compareWithLedger } from '../support/delivery-ledger.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
const HOT = 4_000;
const EVEN = 1_000;

test('one key that has four of five records takes its shard’s own pace; the records of other shards are there before', {
  timeout: 60_000,
}, async () => {
  await using sandbox = await startSandbox({ limits: 'aws' });
  sandbox.createStream('hot', 4);
  const setup = await setUpDelivery(database.db, { stream: 'hot' });
  await addProfiles(database.db, setup, HOT + EVEN);
  // All whose number is no multiple of five share one key.
  await sql`update profile set attributes = attributes::jsonb || jsonb_build_object('team',
      case when substr(profile_id, 2)::int % 5 = 0 then profile_id else 'hot' end)
    where workspace_id = ${setup.workspaceId}`.execute(database.db);
  await sql`update destination set partition_key_strategy = 'ATTRIBUTE', partition_key_argument = 'team'
    where id = ${setup.destinationId}`.execute(database.db);
  await using _engine = startEngine(database.db, sandbox.endpoint, { maxLanes: 16 });
  const exportId = await addExport(database.db, setup);

  const books = await untilFinished(database.db, exportId, 50_000);

  expect(books).toMatchObject({ state: 'SUCCEEDED', delivered: HOT + EVEN, possibleDuplicates: 0 });
  const ledger = await compareWithLedger(database.db, sandbox, { stream: 'hot', destinationId: setup.destinationId });
  // By their places alone: partition keys are no profile ids here.
  expect(ledger).toMatchObject({ told: HOT + EVEN, untold: [] });
  const { hotMs, othersMs } = timesOf([...sandbox.listRecords('hot')]);
  const refused = sandbox.stats.throttledRecords;
  process.stdout.write(`hot shard: ${JSON.stringify({ hotMs, othersMs, refused })}\n`);
  // The hot shard takes 1,000 a second: some three seconds for what is behind its first thousand.
  expect(hotMs).toBeGreaterThan(2_500);
  expect(othersMs).toBeLessThan(hotMs * 0.7);
  expect(refused).toBeLessThan((HOT + EVEN) / 20);
});

/** How long after the first record the last one came, on the shard of the hot key and on the others. */
function timesOf(records: readonly SandboxRecord[]): { hotMs: number; othersMs: number } {
  const hotShard = records.find(({ partitionKey }) => partitionKey === 'hot')?.shardId;
  const firstAt = Math.min(...records.map(({ at }) => at));
  const last = (isHot: boolean) =>
    Math.max(...records.filter(({ shardId }) => (shardId === hotShard) === isHot).map(({ at }) => at));
  return { hotMs: last(true) - firstAt, othersMs: last(false) - firstAt };
}
