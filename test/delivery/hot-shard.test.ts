/** A hot shard: what goes to the others is not held up by it, and nothing of either is lost. */

import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { type SandboxRecord, startSandbox } from '../../src/sandbox/sandbox.js';
import { addExport, addProfiles, readBooks, setUpDelivery, startEngine, untilFinished } from '../support/delivery.js';
import { compareWithLedger, countStates, renewProfiles } from '../support/delivery-ledger.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const database = useTestDatabase();
const HOT = 4_000;
const EVEN = 1_000;

test('one key that has four of five records takes its shard’s own pace; the records of other shards are there before', {
  timeout: 120_000,
}, async () => {
  await using sandbox = await startSandbox({ limits: 'aws' });
  sandbox.createStream('hot', 4);
  const setup = await setUpDelivery(database.db, { stream: 'hot', attributes: ['name', 'id'] });
  await addProfiles(database.db, setup, HOT + EVEN);
  // The partition key does not name the profile here. All whose number is no multiple of five share one key.
  await sql`update profile set attributes = attributes::jsonb || jsonb_build_object('id', profile_id, 'team',
      case when substr(profile_id, 2)::int % 5 = 0 then profile_id else 'hot' end)
    where workspace_id = ${setup.workspaceId}`.execute(database.db);
  await sql`update destination set partition_key_strategy = 'ATTRIBUTE', partition_key_argument = 'team'
    where id = ${setup.destinationId}`.execute(database.db);
  await using _engine = startEngine(database.db, sandbox.endpoint, { maxLanes: 16 });
  const exportId = await addExport(database.db, setup);
  const books = await untilFinished(database.db, exportId, 50_000);
  const { hotMs, othersMs } = timesOf([...sandbox.listRecords('hot')]);
  const again = await addExport(database.db, setup);
  await until(async () => expect((await readBooks(database.db, again)).delivered).toBeGreaterThan(EVEN));
  await renewProfiles(database.db, setup.workspaceId);
  const renewed = await addExport(database.db, setup);

  const all = [
    books,
    await untilFinished(database.db, again, 50_000),
    await untilFinished(database.db, renewed, 50_000),
  ];

  for (const found of all)
    expect(found).toMatchObject({ state: 'SUCCEEDED', delivered: HOT + EVEN, possibleDuplicates: 0 });
  const ledger = await compareWithLedger(database.db, sandbox, { stream: 'hot', destinationId: setup.destinationId });
  const { newest, inversions } = countStates(
    sandbox,
    'hot',
    ({ data }) => /"id":"(p\d+)"/.exec(data.toString())?.[1] ?? '',
  );
  const refused = sandbox.stats.throttledRecords;
  const counted = { lost: HOT + EVEN - newest, copies: ledger.untold.length, inversions };
  process.stdout.write(`hot shard: ${JSON.stringify({ ...counted, hotMs, othersMs, refused })}\n`);
  expect(counted).toEqual({ lost: 0, copies: 0, inversions: 0 });
  // The hot shard takes 1,000 a second: some three seconds for what is behind its first thousand.
  expect(hotMs).toBeGreaterThan(2_500);
  expect(othersMs).toBeLessThan(hotMs * 0.7);
  expect(refused).toBeLessThan((3 * (HOT + EVEN)) / 20);
});

/** How long after the first record the last one came, on the shard of the hot key and on the others. */
function timesOf(records: readonly SandboxRecord[]): { hotMs: number; othersMs: number } {
  const hotShard = records.find(({ partitionKey }) => partitionKey === 'hot')?.shardId;
  const firstAt = Math.min(...records.map(({ at }) => at));
  const last = (isHot: boolean) =>
    Math.max(...records.filter(({ shardId }) => (shardId === hotShard) === isHot).map(({ at }) => at));
  return { hotMs: last(true) - firstAt, othersMs: last(false) - firstAt };
}
