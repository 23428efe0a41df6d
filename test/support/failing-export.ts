/** An export to a sandbox stream in which records may fail, and what is done about those that did. */

import { sql } from 'kysely';
import { startSandbox } from '../../src/sandbox/sandbox.js';
import type { Db } from '../../src/storage/database.js';
import { addExport, addProfiles, type DeliverySetup, setUpDelivery, startEngine } from './delivery.js';
import { compareWithLedger } from './delivery-ledger.js';

/** Puts an export of profiles p0, p1, … on the books, to a stream of two shards; dispose of it at the end of the test. */
export async function prepareExport(db: Db, stream: string, profiles: number) {
  const sandbox = await startSandbox({ limits: 'off' });
  sandbox.createStream(stream, 2);
  const setup = await setUpDelivery(db, { stream });
  await addProfiles(db, setup, profiles);
  const exportId = await addExport(db, setup);
  return {
    sandbox,
    setup,
    exportId,
    start: () => startEngine(db, sandbox.endpoint, { maxLanes: 16, probeIntervalMs: 300 }),
    compare: () => compareWithLedger(db, sandbox, { stream, destinationId: setup.destinationId }),
    /** Retries the open failed records, as retryFailedRecords does; `held` keeps them between listing and sending. */
    retry: ({ held = false } = {}) => retryFailed(db, setup, held),
    readFailed: () =>
      db.selectFrom('failed_record').selectAll().where('activation_id', '=', setup.activationId).execute(),
    /** Gives a profile a name of so many bytes. */
    setName: (profileId: string, bytes: number) => setName(db, setup.workspaceId, { profileId, bytes }),
    [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose](),
  };
}

/** How many records wait for a destination, row by row. */
export async function countPending(db: Db, destinationId: number): Promise<number> {
  const { rows } = await sql<{ waiting: number }>`
    select count(*)::int as waiting from pending_record where destination_id = ${destinationId}`.execute(db);
  return rows[0]?.waiting ?? 0;
}

async function retryFailed(db: Db, setup: DeliverySetup, held: boolean): Promise<number> {
  return await db.transaction().execute(async (tx) => {
    const exportId = await addExport(tx, setup);
    await sql`update export set trigger = 'RETRY' where id = ${exportId}`.execute(tx);
    await sql`update failed_record set state = 'RETRYING', retried_by = ${exportId}
      where activation_id = ${setup.activationId} and state = 'OPEN'`.execute(tx);
    if (held) await sql`update export_lane set not_before = 'infinity' where export_id = ${exportId}`.execute(tx);
    return exportId;
  });
}

async function setName(
  db: Db,
  workspaceId: number,
  { profileId, bytes }: { profileId: string; bytes: number },
): Promise<void> {
  await sql`update profile
    set attributes = jsonb_build_object('name', repeat('x', ${bytes}::int)), size_bytes = ${bytes}
    where workspace_id = ${workspaceId} and profile_id = ${profileId}`.execute(db);
}
