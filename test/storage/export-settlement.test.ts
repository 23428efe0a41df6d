/** The ends of exports: last lanes that meet, lanes that end two exports at once. */

import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { commitPages } from '../../src/delivery/commit.js';
import { type FailpointName, noFailpoint } from '../../src/delivery/failpoint.js';
import type { Page } from '../../src/delivery/page.js';
import { settlePage } from '../../src/delivery/settlement.js';
import type { Db } from '../../src/storage/database.js';
import type { LaneClaim } from '../../src/storage/lanes.js';
import type { Candidate } from '../../src/storage/page-source.js';
import { addExport, type DeliverySetup, exampleTarget, readBooks, setUpDelivery } from '../support/delivery.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
const ROUNDS = Number(process.env['TRIBUTARY_TEST_SEEDS'] ?? 20);

test('two lanes that end the same two exports in opposite order do not deadlock', async () => {
  const setup = await setUpDelivery(database.db, { stream: 'orders' });
  const exports = [await addExport(database.db, setup), await addExport(database.db, setup)];
  const claims = await startLanes(database.db, setup, { exports, lanes: 2 });
  const barrier = makeBarrier(2);

  await Promise.all(
    claims.map((claim, index) =>
      settleWaiting({ setup, claim, exports: index === 0 ? exports : [...exports].reverse(), failpoint: barrier }),
    ),
  );

  for (const exportId of exports) expect(await readBooks(database.db, exportId)).toMatchObject({ state: 'SUCCEEDED' });
});

test('last lanes that finish at the same moment never leave an export RUNNING', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const setup = await setUpDelivery(database.db, { stream: `orders-${round}` });
    const exports = [await addExport(database.db, setup)];
    const claims = await startLanes(database.db, setup, { exports, lanes: 4 });
    const barrier = makeBarrier(4);

    await Promise.all(claims.map((claim) => settleWaiting({ setup, claim, exports, failpoint: barrier })));

    const books = await readBooks(database.db, exports[0] ?? 0);
    expect(books).toMatchObject({ state: 'SUCCEEDED', received: 4, delivered: 4, pendingRows: 0 });
    expect(await readStates(database.db, exports[0] ?? 0)).toEqual(['SUCCEEDED']);
  }
});

/** Lets so many commits pass their fences before one of them is done. */
function makeBarrier(parties: number): (name: FailpointName) => Promise<void> {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  let arrived = 0;
  return async (name) => {
    if (name !== 'commit.fenced') return noFailpoint(name);
    arrived += 1;
    if (arrived === parties) open();
    await opened;
  };
}

/** Puts the first lanes where one record of each export waits and nothing else; the other lanes are done. */
async function startLanes(
  db: Db,
  setup: DeliverySetup,
  options: { exports: number[]; lanes: number },
): Promise<LaneClaim[]> {
  const { exports, lanes } = options;
  const worker = await sql<{ id: number }>`insert into worker (name, lease_expires_at)
    values ('test', clock_timestamp() + interval '1 hour') returning id`.execute(db);
  const workerId = worker.rows[0]?.id ?? 0;
  await sql`update lane set worker_id = ${workerId}, epoch = 1 where destination_id = ${setup.destinationId}`.execute(
    db,
  );
  await sql`update export_lane
    set state = case when lane < ${lanes} then 'READY' else 'DONE' end,
      received = case when lane < ${lanes} then 1 else 0 end, deferred = case when lane < ${lanes} then 1 else 0 end
    where export_id = any(${exports}::bigint[])`.execute(db);
  await sql`update export set state = 'RUNNING', preparing_lanes = 0, open_lanes = ${lanes}
    where id = any(${exports}::bigint[])`.execute(db);
  await sql`insert into pending_record (lane, activation_id, profile_id, destination_id, version, not_before, exports)
    select lane, ${setup.activationId}, lane + 1, ${setup.destinationId}, 1, clock_timestamp(),
      (select jsonb_object_agg(id, '0') from unnest(${exports}::bigint[]) as id)
    from generate_series(0, ${lanes - 1}) as lane`.execute(db);
  return Array.from({ length: lanes }, (_, lane) => ({
    workspaceId: setup.workspaceId,
    destinationId: setup.destinationId,
    lane,
    workerId,
    epoch: 1,
    position: 0,
    takenOver: false,
  }));
}

/** Commits the delivery of the lane's one waiting record, which the exports ask for in the order given. */
async function settleWaiting(work: {
  setup: DeliverySetup;
  claim: LaneClaim;
  exports: number[];
  failpoint: (name: FailpointName) => Promise<void>;
}): Promise<void> {
  const { setup, claim, failpoint } = work;
  const asked: [number, string][] = work.exports.map((exportId) => [exportId, '0']);
  // One candidate an export: an object's keys that are numbers cannot be put in another order.
  const entries = asked.map(([exportId, segments]) => {
    const candidate: Candidate = {
      activationId: setup.activationId,
      profileKey: claim.lane + 1,
      exports: { [String(exportId)]: segments },
      pending: { version: 1, attempts: 0, outcomeUnknown: false, causes: {}, waitedMs: 5 },
    };
    const record = { data: Buffer.from('{}'), partitionKey: 'p' };
    return { candidate, causes: [], origin: 'MANUAL' as const, activationVersion: 1, revision: 1, verdict: { record } };
  });
  const results = entries.map(() => ({
    status: 'delivered' as const,
    shardId: 's',
    sequenceNumber: '1',
    attempts: 1,
    possibleDuplicate: false,
  }));
  const page: Page = {
    lane: claim.lane,
    target: { ...exampleTarget, destinationId: setup.destinationId },
    slice: null,
    exports: new Map(),
    entries,
    foundAtMs: 0,
  };
  const settlement = settlePage(page, results, { claim, latencyMs: 1 });
  await commitPages(database.db, [{ claim, page, settlement }], failpoint);
}

async function readStates(db: Db, exportId: number): Promise<(string | null)[]> {
  const rows = await db.selectFrom('state_event').select('export_state').where('export_id', '=', exportId).execute();
  return rows.map((row) => row.export_state);
}
