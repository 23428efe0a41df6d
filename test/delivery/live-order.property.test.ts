/**
 * Order by seed: live changes, exports and random faults on the same profiles, and no record of a profile goes back, by what
 * it holds or by its `sequence`.
 */

import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { laneOf, toLaneKey } from '../../src/domain/lane.js';
import { createProfiles } from '../../src/domain/profile.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { addExport, type DeliverySetup, setUpDelivery, startEngine } from '../support/delivery.js';
import { makeRandom, randomFaults } from '../support/random-faults.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const database = useTestDatabase();
const SEEDS = Number(process.env['TRIBUTARY_TEST_SEEDS'] ?? 30);
const WORKERS = 8;
const PROFILES = 12;
/** Lanes that the profiles share: pages of several records, so that some of a page fail, at a fraction of the pages. */
const LANES = 4;
const WRITES = 40;

test(`${SEEDS} seeds of changes, exports and faults at once: no profile goes back, none is left behind`, {
  timeout: 30_000 + SEEDS * 2_000,
}, async () => {
  await using sandbox = await startSandbox({ limits: 'off' });
  await using engine = startEngine(database.db, sandbox.endpoint, { maxLanes: 64, probeIntervalMs: 200 });
  const profiles = createProfiles({
    db: database.db,
    clock: () => new Date(),
    wakeLane: (place) => engine.wake([toLaneKey(place)]),
  });
  const seeds = Array.from({ length: SEEDS }, (_, index) => index + 1);
  sandbox.setFaults(
    seeds.flatMap((seed) => randomFaults(seed, streamOf(seed))),
    42,
  );
  const next = seeds.values();
  const runSeed = async (seed: number) => {
    const setup = await setUpDelivery(database.db, { stream: streamOf(seed), attributes: ['n'] });
    await database.db
      .updateTable('destination')
      .set({ envelope: 'V1' })
      .where('id', '=', setup.destinationId)
      .execute();
    sandbox.createStream(streamOf(seed), 2);
    const random = makeRandom(seed);
    const profileIds = profilesInLanes(setup);
    for (let n = 1; n <= WRITES; n += 1) {
      const changed = profileIds.filter((_, index) => n === 1 || index === n % PROFILES || random() < 0.3);
      await profiles.upsert(
        setup.workspaceId,
        changed.map((profileId) => ({
          profileId,
          attributes: { n },
          ...(n === 1 && { memberships: [{ segmentId: 'segment-0', status: 'REALIZED' as const }] }),
        })),
      );
      if (n % 15 === 1) await addExport(database.db, setup, null, n === 1 ? 'BACKFILL' : 'MANUAL');
    }
    await untilIdle(setup);
    await expectOrder(seed, setup, sandbox);
    await database.db.deleteFrom('destination').where('id', '=', setup.destinationId).execute();
  };
  const workers = Array.from({ length: WORKERS }, async () => {
    for (const seed of next) await runSeed(seed);
  });

  await Promise.all(workers);
});

/** Ids of profiles that hash into the first lanes. */
function profilesInLanes({ workspaceId }: DeliverySetup): string[] {
  const profileIds: string[] = [];
  for (let number = 0; profileIds.length < PROFILES; number += 1)
    if (laneOf(workspaceId, `p${number}`) < LANES) profileIds.push(`p${number}`);
  return profileIds;
}

/** What tells a record's place among the others of its profile. */
const Envelope = z.object({ sequence: z.number(), profile: z.object({ n: z.number() }) });

async function expectOrder(seed: number, setup: DeliverySetup, sandbox: Sandbox): Promise<void> {
  const newest = new Map<string, { n: number; sequence: number }>();
  let inversions = 0;
  let misnumbered = 0;
  for (const { partitionKey, data } of sandbox.listRecords(streamOf(seed))) {
    const { sequence, profile } = Envelope.parse(JSON.parse(Buffer.from(data).toString()));
    const record = { n: profile.n, sequence };
    const before = newest.get(partitionKey) ?? { n: 0, sequence: 0 };
    if (record.n < before.n) inversions += 1;
    // Greater with every newer state; the same only where the state is, as in copies and in exports of what was sent.
    if (Math.sign(sequence - before.sequence) !== Math.sign(record.n - before.n)) misnumbered += 1;
    newest.set(partitionKey, record);
  }
  const { rows } = await sql<{ profile_id: string; n: number }>`
    select profile_id, (attributes ->> 'n')::int as n from profile where workspace_id = ${setup.workspaceId}`.execute(
    database.db,
  );
  const behind = rows.filter(({ profile_id: id, n }) => newest.get(id)?.n !== n);
  expect({ seed, inversions, misnumbered, behind }).toEqual({ seed, inversions: 0, misnumbered: 0, behind: [] });
}

/** Waits until nothing waits for the destination. */
async function untilIdle({ destinationId }: DeliverySetup): Promise<void> {
  await until(
    async () => {
      const { rows } = await sql<{ open: number }>`
        select (select count(*) from pending_record where destination_id = ${destinationId})::int
          + (select count(*) from export where destination_id = ${destinationId} and finished_at is null)::int as open`.execute(
        database.db,
      );
      if (rows[0]?.open !== 0) throw new Error(`${rows[0]?.open} records or exports are open.`);
    },
    { timeoutMs: 60_000, intervalMs: 50 },
  );
}

function streamOf(seed: number): string {
  return `order-${seed}`;
}
