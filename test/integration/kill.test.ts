/** `kill -9` in mid-export: nothing is lost, and no more goes twice than was in flight. */

import { expect, test } from 'vitest';
import type { ExportView } from '../support/frontend.js';
import { readLedgerBook } from '../support/ledger.js';
import { findDatabasePid, type ServerProcess } from '../support/processes.js';
import { fill, frontendOf, type Stage, setStage } from '../support/stage.js';
import { until } from '../support/until.js';

const ROUNDS = Number(process.env['TRIBUTARY_TEST_KILLS'] ?? 3);
const PROFILES = 10_000;
const LANES = 8;
/** The most of a lane that can be sent and not yet on the books. */
const PAGE = 500;

/** Answers come late, after the append: a kill then leaves records of which the server never heard. */
const SLOW = [{ kind: 'slow-answer', delayMs: 150, match: { operation: 'PutRecords' } }];

/** A short lease: each restart waits for the end of the killed one's. */
const ENVIRONMENT = { DELIVERY_LANES: String(LANES), LEASE_MS: '1000' };

test(`${ROUNDS} kills of the server at random moments of an export lose nothing`, async ({ annotate }) => {
  await using stage = await setStage({ environment: ENVIRONMENT });
  const filled = await fillStage(stage);

  let server = filled.server;
  const rounds: Round[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const played = await playRound(stage, { ...filled, server, kill: (victim) => victim.kill('SIGKILL') });
    server = played.server;
    rounds.push(played);
    await annotate(
      `killed at ${played.killedAt}: ${played.lost.length} lost, ${played.duplicates} twice, ${played.takeovers} takeovers, ${played.finished.possibleDuplicates} possible duplicates`,
    );
  }

  for (const round of rounds) expectSafe(round);
}, 600_000);

test('a kill of the server and of its database together loses nothing', async () => {
  await using stage = await setStage({ environment: ENVIRONMENT });
  const filled = await fillStage(stage);

  const round = await playRound(stage, {
    ...filled,
    kill: async (victim) => {
      const pid = await findDatabasePid(stage.folder);
      const killed = victim.kill('SIGKILL');
      if (pid !== null) process.kill(pid, 'SIGKILL');
      await killed;
    },
  });

  expectSafe(round);
}, 120_000);

interface Round {
  /** Alive again. */
  server: ServerProcess;
  /** Records in the stream when the kill came. */
  killedAt: number;
  finished: ExportView;
  lost: string[];
  duplicates: number;
  /** Lanes that the restarted server took from a lost lease: the killed one's, and its own if it starved for a lease. */
  takeovers: number;
  unaccounted: number;
}

interface Filled {
  server: ServerProcess;
  activationId: string;
  profileIds: string[];
}

async function fillStage(stage: Stage): Promise<Filled> {
  const server = await stage.startServer();
  const filled = await fill(frontendOf(server), PROFILES);
  await stage.sandbox.setFaults(SLOW);
  return { server, ...filled };
}

/** Exports all profiles with a kill at a random moment, restarts, and lets the export finish. */
async function playRound(
  stage: Stage,
  { server, activationId, profileIds, kill }: Filled & { kill(victim: ServerProcess): Promise<unknown> },
): Promise<Round> {
  const before = await stage.sandbox.countRecords();
  const killAfter = Math.floor(Math.random() * PROFILES * 0.9) + 1;
  const started = await frontendOf(server).triggerExport(activationId);
  const killedAt = await until(
    async () => {
      const sent = (await stage.sandbox.countRecords()) - before;
      if (sent < killAfter) throw new Error(`${sent} of ${killAfter} records came before the kill.`);
      return sent;
    },
    { timeoutMs: 60_000, intervalMs: 1 },
  );
  await kill(server);
  const restarted = await stage.startServer();
  const frontend = frontendOf(restarted);
  const finished = await frontend.untilFinished(started.id);
  const ledger = await readLedgerBook(stage.ledger, before);
  return {
    server: restarted,
    killedAt,
    finished,
    lost: ledger.findLost(profileIds),
    duplicates: ledger.duplicates,
    takeovers: await frontend.readMetric('tributary_lane_takeovers_total'),
    unaccounted: await frontend.readMetric('tributary_export_unaccounted_records'),
  };
}

function expectSafe(round: Round): void {
  expect(round.finished).toMatchObject({
    state: 'SUCCEEDED',
    received: PROFILES,
    delivered: PROFILES,
    failed: 0,
    skipped: 0,
    pending: 0,
  });
  expect(round.lost).toEqual([]);
  // Beyond the pages in flight only what the books themselves call possible duplicates.
  expect(round.duplicates).toBeLessThanOrEqual(round.takeovers * PAGE + round.finished.possibleDuplicates);
  expect(round.unaccounted).toBe(0);
}
