/** Scheduled exports in the database: one a due time, whatever else happens at that time. */

import { sql } from 'kysely';
import { beforeEach, describe, expect, test } from 'vitest';
import { writeProfiles } from '../../src/domain/profile-write.js';
import type { Schedule } from '../../src/domain/schedule.js';
import { rescheduleActivation, startDueExports } from '../../src/domain/scheduled-export.js';
import { lockWorkspace } from '../../src/storage/workspace-lock.js';
import { afterStatement } from '../support/after-statement.js';
import { type DeliverySetup, setUpDelivery } from '../support/delivery.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const database = useTestDatabase();
let setup: DeliverySetup;

const hourly: Schedule = { cron: '0 * * * *', timeZone: 'UTC', mode: 'FULL' };
/** The due time of the tests, and times around it. */
const DUE = new Date('2026-08-01T12:00:00.000Z');
const at = (time: string) => new Date(`2026-08-01T${time}.000Z`);

beforeEach(async () => {
  await sql`update activation set next_run_at = null`.execute(database.db);
  setup = await setUpDelivery(database.db, { stream: 'orders' });
});

async function setSchedule(schedule: Schedule, nextRunAt: Date | null = DUE, activationId = setup.activationId) {
  await database.db
    .updateTable('activation')
    .set({
      schedule_cron: schedule.cron,
      schedule_time_zone: schedule.timeZone,
      schedule_mode: schedule.mode,
      next_run_at: nextRunAt,
    })
    .where('id', '=', activationId)
    .execute();
}

async function readActivation() {
  return await database.db
    .selectFrom('activation')
    .select(['next_run_at', 'last_run_at', 'version'])
    .where('id', '=', setup.activationId)
    .executeTakeFirstOrThrow();
}

async function listExports() {
  return await database.db
    .selectFrom('export')
    .select(['id', 'trigger', 'created_by_kind', 'created_by_name', 'missed_runs', 'since', 'segment_keys', 'state'])
    .where('activation_id', '=', setup.activationId)
    .orderBy('id')
    .execute();
}

async function finishExports(finishedAt: Date) {
  await database.db
    .updateTable('export')
    .set({ state: 'SUCCEEDED', finished_at: finishedAt })
    .where('activation_id', '=', setup.activationId)
    .execute();
}

/** The exports that a call started for the activation of the test. */
async function start(now: Date, db = database.db): Promise<number> {
  const { started, failures } = await startDueExports(db, now);
  expect(failures).toEqual([]);
  return started.filter(({ activationId }) => activationId === setup.activationId).length;
}

describe('a due activation', () => {
  test('exports once, as the system, and is due again at the next time', async () => {
    await setSchedule(hourly);

    expect(await start(at('11:59:59'))).toBe(0);
    expect(await start(at('12:00:00'))).toBe(1);
    expect(await start(at('12:00:01'))).toBe(0);

    expect(await listExports()).toMatchObject([
      {
        trigger: 'SCHEDULED',
        created_by_kind: 'SYSTEM',
        created_by_name: 'schedule',
        missed_runs: 0,
        since: null,
        segment_keys: ['segment-0'],
        state: 'PREPARING',
      },
    ]);
    const { next_run_at, last_run_at, version } = await readActivation();
    expect(next_run_at).toEqual(at('13:00:00'));
    expect(Date.now() - Number(last_run_at)).toBeLessThan(10_000);
    // A run is no change of the activation: who edits it meanwhile meets no conflict.
    expect(version).toBe(1);
  });

  test('exports once if many nodes look at once', async () => {
    await setSchedule(hourly);

    const counts = await Promise.all(Array.from({ length: 8 }, () => start(at('12:00:00'))));

    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1);
    expect(await listExports()).toHaveLength(1);
  });

  test('exports once for all due times that were missed, and says how many', async () => {
    await setSchedule(hourly);

    expect(await start(new Date('2026-08-03T12:30:00Z'))).toBe(1);

    expect(await listExports()).toMatchObject([{ missed_runs: 48 }]);
    expect((await readActivation()).next_run_at).toEqual(new Date('2026-08-03T13:00:00Z'));
  });

  test('exports nothing while it is paused or its destination is disabled, and makes up for the latter', async () => {
    await setSchedule(hourly);
    const set = (table: 'activation' | 'destination', change: string, id: number) =>
      sql`update ${sql.table(table)} set ${sql.raw(change)} where id = ${id}`.execute(database.db);

    await set('activation', `state = 'PAUSED'`, setup.activationId);
    expect(await start(at('12:10:00'))).toBe(0);
    await set('activation', `state = 'ACTIVE'`, setup.activationId);
    await set('destination', 'enabled = false', setup.destinationId);
    expect(await start(at('13:10:00'))).toBe(0);
    await set('destination', 'enabled = true', setup.destinationId);
    expect(await start(at('14:10:00'))).toBe(1);

    expect(await listExports()).toMatchObject([{ missed_runs: 2 }]);
  });

  test('leaves out the due times at which its last export still runs, and counts them with the next', async () => {
    await setSchedule(hourly);
    expect(await start(at('12:00:00'))).toBe(1);

    expect(await start(at('13:00:00'))).toBe(0);
    await finishExports(at('13:20:00'));
    expect(await start(at('13:20:01'))).toBe(0);
    expect(await start(at('13:59:59'))).toBe(0);
    expect(await start(at('14:00:00'))).toBe(1);

    expect(await listExports()).toMatchObject([{ missed_runs: 0 }, { missed_runs: 1 }]);
    expect((await readActivation()).next_run_at).toEqual(at('15:00:00'));
  });

  test('is not held up by an export of another trigger', async () => {
    await setSchedule(hourly);
    await start(at('12:00:00'));
    await sql`update export set trigger = 'MANUAL' where activation_id = ${setup.activationId}`.execute(database.db);

    expect(await start(at('13:00:00'))).toBe(1);
  });

  test('that cannot be started holds up no other, and comes at the next call', async () => {
    const other = await setUpDelivery(database.db, { stream: 'others' });
    await setSchedule({ ...hourly, timeZone: 'Mars/Olympus' });
    await setSchedule(hourly, at('12:10:00'), other.activationId);

    const { started, failures } = await startDueExports(database.db, at('12:10:00'));

    expect(started).toMatchObject([{ activationId: other.activationId, destinationId: other.destinationId }]);
    expect(failures).toMatchObject([{ activationId: setup.activationId, error: expect.any(Error) }]);
    expect((await readActivation()).next_run_at).toEqual(DUE);
  });

  test('that was paused between the look and the start exports nothing', async () => {
    await setSchedule(hourly);
    const pausing = afterStatement(database.db, 'activation_schedules.list_due', async () => {
      await sql`update activation set state = 'PAUSED' where id = ${setup.activationId}`.execute(database.db);
    });

    expect(await start(at('12:00:00'), pausing)).toBe(0);

    expect(await listExports()).toEqual([]);
  });
});

describe('an export of what changed', () => {
  const changed: Schedule = { ...hourly, mode: 'CHANGED_SINCE_LAST' };

  test('covers all at first, then what changed since the last one began', async () => {
    await setSchedule(changed);
    await start(at('12:00:00'));
    const first = (await readActivation()).last_run_at;
    await finishExports(at('12:10:00'));

    await start(at('13:00:00'));

    expect(first).not.toBeNull();
    expect(await listExports()).toMatchObject([{ since: null }, { since: first }]);
    expect(Number((await readActivation()).last_run_at)).toBeGreaterThanOrEqual(Number(first));
  });

  test('misses no change of a writer whose transaction began before it and went on after it', async () => {
    const change = { attributes: { tier: 'gold' }, identities: null, memberships: [], path: [] };
    const request = { workspaceId: setup.workspaceId, existingOnly: false, now: new Date() };
    await database.db
      .transaction()
      .execute((tx) => writeProfiles(tx, { ...request, changes: [{ ...change, profileId: 'early', attributes: {} }] }));
    await setSchedule(changed);

    await database.db.transaction().execute(async (tx) => {
      // From here on now() stands still for the writer.
      await sql`select 1`.execute(tx);
      expect(await start(at('12:00:00'))).toBe(1);
      const changes = ['early', 'new'].map((profileId) => ({ ...change, profileId }));
      await writeProfiles(tx, { ...request, changes });
    });

    const { last_run_at } = await readActivation();
    const rows = await database.db
      .selectFrom('profile')
      .select(['profile_id', 'updated_at'])
      .where('workspace_id', '=', setup.workspaceId)
      .execute();
    expect(rows).toHaveLength(2);
    for (const row of rows) expect(Number(row.updated_at)).toBeGreaterThanOrEqual(Number(last_run_at));
  });

  test('waits for writers that are under way, so that it reads what they wrote', async () => {
    await setSchedule(changed);
    let starting: Promise<number> | undefined;
    await database.db.transaction().execute(async (tx) => {
      await lockWorkspace(tx, setup.workspaceId, 'shared');
      starting = start(at('12:00:00'));
      await until(async () => {
        const { rows } = await sql<{ waiting: number }>`
          select count(*)::int as waiting from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'`.execute(database.db);
        expect(rows).toEqual([{ waiting: 1 }]);
      });
      expect(await listExports()).toEqual([]);
    });

    expect(await starting).toBe(1);
  });
});

describe('rescheduling', () => {
  test('plans an active activation from that time on, and clears the due time of a paused one', async () => {
    const reschedule = (now: Date) =>
      database.db.transaction().execute((tx) => rescheduleActivation(tx, setup.activationId, now));
    await setSchedule(hourly);

    await reschedule(at('15:30:00'));
    expect((await readActivation()).next_run_at).toEqual(at('16:00:00'));

    await sql`update activation set state = 'PAUSED' where id = ${setup.activationId}`.execute(database.db);
    await reschedule(at('15:40:00'));
    expect((await readActivation()).next_run_at).toBeNull();
  });

  test('leaves an activation without a schedule alone', async () => {
    await rescheduleActivation(database.db, setup.activationId, DUE);

    expect((await readActivation()).next_run_at).toBeNull();
  });
});
