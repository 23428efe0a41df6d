/** 50 starts of an export with one idempotency key, their server killed meanwhile, and all sent again: one export. */

import { randomBytes, randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { lockWorkspace } from '../../src/storage/workspace-lock.js';
import { readLedgerBook } from '../support/ledger.js';
import type { ServerProcess } from '../support/processes.js';
import { fill, frontendOf, type Stage, setStage } from '../support/stage.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const PROFILES = 40;
const CALLS = 50;
/** Kills when some of the calls have been answered. */
const ROUNDS = Number(process.env['TRIBUTARY_TEST_KILLS'] ?? 1);

const database = useTestDatabase();

/** Calls under way. */
interface Burst {
  server: ServerProcess;
  key: string;
  /** Ids of the exports that were answered so far. */
  answers: string[];
}

/** Kills the server when its moment has come. */
type Kill = (burst: Burst) => Promise<unknown>;

const MOMENTS: [string, Kill][] = [
  ['before the first one is committed', killUncommitted],
  ['as soon as one is committed', killCommitted],
  ...Array.from({ length: ROUNDS }, (): [string, Kill] => ['between the answers', killAnswered]),
];

test(
  'a server killed at any moment of 50 starts with one key has started one export',
  async ({ annotate }) => {
    const environment = { DATABASE_URL: database.connection, ENCRYPTION_KEY: randomBytes(32).toString('base64') };
    await using stage = await setStage({ environment });
    let server = await stage.startServer();
    const { activationId, profileIds } = await fill(frontendOf(server), PROFILES);

    for (const [moment, kill] of MOMENTS) {
      const sentBefore = await stage.sandbox.countRecords();
      const round = await playRound(stage, { server, activationId, kill });
      server = round.restarted;
      await annotate(`${moment}: ${round.answeredBefore.length} of ${CALLS} were answered before`);

      expect(round.answeredAfter, moment).toHaveLength(CALLS);
      expect(new Set([...round.answeredBefore, ...round.answeredAfter]).size, moment).toBe(1);
      expect(round.exports, moment).toBe(1);
      expect(round.finished, moment).toMatchObject({ state: 'SUCCEEDED', received: PROFILES, delivered: PROFILES });
      expect((await readLedgerBook(stage.ledger, sentBefore)).findLost(profileIds), moment).toEqual([]);
    }
  },
  60_000 + ROUNDS * 20_000,
);

interface Filled {
  server: ServerProcess;
  activationId: string;
  kill: Kill;
}

/** Sends the calls, kills the server, starts another one and sends them again. */
async function playRound(stage: Stage, { server, activationId, kill }: Filled) {
  const before = await countExports();
  const burst: Burst = { server, key: randomUUID(), answers: [] };
  const ended = sendAll(burst, activationId);
  await kill(burst);
  await ended;
  const again: Burst = { ...burst, server: await stage.startServer(), answers: [] };
  await sendAll(again, activationId);
  return {
    restarted: again.server,
    answeredBefore: burst.answers,
    answeredAfter: again.answers,
    finished: await frontendOf(again.server).untilFinished(again.answers[0] ?? 'none'),
    exports: (await countExports()) - before,
  };
}

async function sendAll({ server, key, answers }: Burst, activationId: string): Promise<void> {
  const send = async () => {
    const id = await start(server, activationId, key);
    if (id !== null) answers.push(id);
  };
  await Promise.all(Array.from({ length: CALLS }, send));
}

/** @returns the export's id; null if the server died over it. */
async function start(server: ServerProcess, activationId: string, key: string): Promise<string | null> {
  try {
    return (await frontendOf(server).triggerExport(activationId, key)).id;
  } catch (error) {
    if (error instanceof TypeError) return null; // What fetch throws for a connection that broke.
    throw error;
  }
}

/** The first call has its key and waits for the workspace, the others wait for the key. */
async function killUncommitted({ server }: Burst): Promise<void> {
  await database.db.transaction().execute(async (tx) => {
    const { id } = await tx.selectFrom('workspace').select('id').executeTakeFirstOrThrow();
    await lockWorkspace(tx, id, 'exclusive');
    await until(async () => expect(await countWaiting()).toBeGreaterThan(5), { timeoutMs: 20_000 });
    await server.kill('SIGKILL');
  });
}

async function killCommitted({ server, key }: Burst): Promise<void> {
  const isCommitted = async () => {
    const { rows } = await sql`select from idempotency_key where key = ${key}`.execute(database.db);
    return rows.length === 1;
  };
  await until(isCommitted, { timeoutMs: 20_000, intervalMs: 0 });
  await server.kill('SIGKILL');
}

async function killAnswered({ server, answers }: Burst): Promise<void> {
  const wanted = 1 + Math.floor(Math.random() * (CALLS - 1));
  await until(() => answers.length >= wanted, { timeoutMs: 20_000, intervalMs: 1 });
  await server.kill('SIGKILL');
}

async function countExports(): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*)::int as count from export`.execute(database.db);
  return rows[0]?.count ?? 0;
}

/** Sessions of the database that wait for a lock. */
async function countWaiting(): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*)::int as count from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`.execute(database.db);
  return rows[0]?.count ?? 0;
}
