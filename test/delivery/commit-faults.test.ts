/** Commits that fail for another cause than the fence: repeated from memory, nothing is sent again for them. */

import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { FailpointName } from '../../src/delivery/failpoint.js';
import { noDeliveryMetrics } from '../../src/delivery/metrics.js';
import { startSandbox } from '../../src/sandbox/sandbox.js';
import type { Db } from '../../src/storage/database.js';
import {
  addExport,
  addProfiles,
  readStatisticsBooks,
  setUpDelivery,
  startEngine,
  untilFinished,
} from '../support/delivery.js';
import { compareWithLedger } from '../support/delivery-ledger.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const database = useTestDatabase();
const PROFILES = 600;

test.each<FailpointName>(['commit.fenced', 'commit.written'])(
  'a session that dies at %s: the commit is repeated, every record is sent once',
  async (place) => {
    await using run = await prepare(`dies-${place}`);
    let [passed, killed] = [0, 0];
    await using _engine = run.start({
      failpoint: async (name) => {
        if (name !== place) return;
        passed += 1;
        if (passed % 5 === 1) killed += await killTransactions();
      },
    });

    const books = await untilFinished(database.db, run.exportId);

    expect(passed).toBeGreaterThan(16);
    expect(killed).toBeGreaterThan(0);
    expect(books).toMatchObject({ state: 'SUCCEEDED', received: PROFILES, delivered: PROFILES, attempts: PROFILES });
    expect(await compareWithLedger(database.db, run.sandbox, run.place)).toMatchObject({
      told: PROFILES,
      untold: [],
      invented: 0,
    });
  },
);

test('an error in mid-commit leaves nothing of it behind, and the page is settled by the next try', async () => {
  await using run = await prepare('error');
  let failures = 0;
  await using _engine = run.start({
    failpoint: async (name) => {
      if (name !== 'commit.written' || failures >= 6) return;
      failures += 1;
      throw new Error('the disk is full');
    },
  });

  const books = await untilFinished(database.db, run.exportId);

  expect(books).toMatchObject({ state: 'SUCCEEDED', delivered: PROFILES, attempts: PROFILES });
  expect(await compareWithLedger(database.db, run.sandbox, run.place)).toMatchObject({ told: PROFILES, untold: [] });
});

test('a commit whose answer is lost is on the books once, and its page is not sent again', async () => {
  await using run = await prepare('ambiguous');
  let lost = 0;
  const db = loseAnswers(database.db, () => {
    lost += 1;
    return lost <= 5;
  });
  await using _engine = run.start({ db });

  const books = await untilFinished(database.db, run.exportId);

  expect(lost).toBeGreaterThan(5);
  expect(await readStatisticsBooks(database.db, run.setup.destinationId)).toMatchObject({
    delivered: PROFILES,
    attempts: PROFILES,
  });
  expect(books).toMatchObject({ state: 'SUCCEEDED', delivered: PROFILES, attempts: PROFILES });
  expect(await compareWithLedger(database.db, run.sandbox, run.place)).toMatchObject({
    told: PROFILES,
    untold: [],
    invented: 0,
  });
});

test('a lane that is taken between call and commit: nothing of the old page is written, its copies are counted as untold', async () => {
  await using run = await prepare('taken');
  let taken = 0;
  let fenced = 0;
  const metrics = {
    ...noDeliveryMetrics,
    fencedWrites: (commits: number) => {
      fenced += commits;
    },
  };
  await using _engine = run.start({
    metrics,
    failpoint: async (name) => {
      if (name !== 'page.sent' || taken >= 3) return;
      taken += 1;
      await sql`update lane set epoch = epoch + 1 where destination_id = ${run.setup.destinationId}
        and worker_id is not null`.execute(database.db);
    },
  });

  const books = await untilFinished(database.db, run.exportId);

  expect(fenced).toBeGreaterThanOrEqual(1);
  expect(books).toMatchObject({ state: 'SUCCEEDED', received: PROFILES, delivered: PROFILES });
  const ledger = await compareWithLedger(database.db, run.sandbox, run.place);
  expect(ledger).toMatchObject({ told: PROFILES, invented: 0 });
  expect(ledger.profileIds.size).toBe(PROFILES);
});

async function prepare(stream: string) {
  const sandbox = await startSandbox({ limits: 'off' });
  sandbox.createStream(stream, 2);
  const setup = await setUpDelivery(database.db, { stream });
  await addProfiles(database.db, setup, PROFILES);
  const exportId = await addExport(database.db, setup);
  return {
    sandbox,
    setup,
    exportId,
    place: { stream, destinationId: setup.destinationId },
    start: (overrides: Parameters<typeof startEngine>[2] = {}) => startEngine(database.db, sandbox.endpoint, overrides),
    [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose](),
  };
}

/** Ends the sessions that hold locks on lanes: those in mid-commit. @returns how many. */
async function killTransactions(): Promise<number> {
  const { rows } = await sql`/* test.kill */
    select pg_terminate_backend(pid)
    from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and pid in (
      select pid from pg_locks where relation = 'lane'::regclass and mode = 'RowExclusiveLock'
    )`.execute(database.db);
  // The pool learns of it in its own time.
  await until(async () => (await sql`select 1`.execute(database.db)).rows.length === 1);
  return rows.length;
}

/** The database, but commits of pages that did take effect may answer with an error. */
function loseAnswers(db: Db, isLost: () => boolean): Db {
  const transaction = () => {
    const builder = db.transaction();
    return withMethod(builder, 'execute', async (callback: Parameters<typeof builder.execute>[0]) => {
      const result = await builder.execute(callback);
      // Only the commits of pages answer with a list.
      if (Array.isArray(result) && isLost()) throw new Error('Connection terminated unexpectedly');
      return result;
    });
  };
  return withMethod(db, 'transaction', transaction);
}

function withMethod<Target extends object>(target: Target, name: string, method: unknown): Target {
  return new Proxy(target, {
    get(_, property) {
      if (property === name) return method;
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
