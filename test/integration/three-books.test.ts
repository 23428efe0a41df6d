/** The three books of an export: the sandbox's ledger, the database, and what the API says. */

import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { readBooks } from '../support/delivery.js';
import type { ExportView, Frontend } from '../support/frontend.js';
import { readLedgerBook } from '../support/ledger.js';
import { fill, frontendOf, setStage } from '../support/stage.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const PROFILES = Number(process.env['TRIBUTARY_TEST_PROFILES'] ?? 10_000);
const SEED = Number(process.env['TRIBUTARY_TEST_SEED'] ?? 20);

/** A tenth of the records each: in all 20 % fail, again and again. */
const FAULTS = [
  { kind: 'record-error', code: 'InternalFailure', probability: 0.1 },
  { kind: 'record-error', code: 'ProvisionedThroughputExceededException', probability: 0.1 },
];

const database = useTestDatabase();

test('ledger, database and API agree on every record of an export of which 20 % fail at random', async () => {
  const environment = { DATABASE_URL: database.connection, ENCRYPTION_KEY: randomBytes(32).toString('base64') };
  await using stage = await setStage({ environment });
  const frontend = frontendOf(await stage.startServer());
  const { activationId, profileIds } = await fill(frontend, PROFILES);
  await stage.sandbox.setFaults(FAULTS, SEED);

  const started = await frontend.triggerExport(activationId);
  const finished = await watchBooks(frontend, started.id);
  const ledger = await readLedgerBook(stage.ledger);
  const told = await readApi(frontend, started.id);
  const written = await readDatabase();

  expect(finished).toMatchObject({
    state: 'SUCCEEDED',
    received: PROFILES,
    delivered: PROFILES,
    possibleDuplicates: 0,
  });
  expect(finished.attempts, 'the faults struck').toBeGreaterThan(PROFILES * 1.15);
  expect({ ledger: ledger.entries.length, told: told.size, written: written.size }).toEqual({
    ledger: PROFILES,
    told: PROFILES,
    written: PROFILES,
  });
  const disagreeing = profileIds.filter((profileId) => {
    const [entry] = ledger.copiesOf(profileId);
    const place = `DELIVERED ${entry?.shardId} ${entry?.sequenceNumber}`;
    return told.get(profileId) !== place || written.get(profileId) !== place;
  });
  expect(disagreeing).toEqual([]);
}, 600_000);

/** Looks at the books until the export has finished; they balance at each look, pending counted from rows. */
async function watchBooks(frontend: Frontend, exportId: string): Promise<ExportView> {
  const states = new Set<string>();
  const finished = await until(
    async () => {
      const [view, rows, unaccounted] = await Promise.all([
        frontend.readExport(exportId),
        readBooks(database.db, 1),
        frontend.readMetric('tributary_export_unaccounted_records'),
      ]);
      expect.soft(view.received).toBe(view.delivered + view.failed + view.skipped + view.pending);
      expect.soft(rows.received).toBe(rows.delivered + rows.failed + rows.skipped + rows.pendingRows);
      expect.soft(unaccounted).toBe(0);
      states.add(view.state);
      if (['PREPARING', 'RUNNING'].includes(view.state)) throw new Error(JSON.stringify(view));
      return view;
    },
    { timeoutMs: 500_000, intervalMs: 20 },
  );
  expect(states, 'there was a look in mid-export').toContain('RUNNING');
  return finished;
}

/** Place in the stream by profile, as the API tells it. */
async function readApi(frontend: Frontend, exportId: string): Promise<Map<string, string>> {
  const places = new Map<string, string>();
  for await (const { profileId, outcome, shardId, sequenceNumber } of frontend.listDeliveries(exportId)) {
    expect(places.has(profileId ?? ''), `${profileId} is told of once`).toBe(false);
    places.set(profileId ?? '', `${outcome} ${shardId} ${sequenceNumber}`);
  }
  return places;
}

/** Place in the stream by profile, as it stands in the rows. */
async function readDatabase(): Promise<Map<string, string>> {
  const { rows } = await sql<{ profile_id: string; place: string }>`/* test.read_places */
    select profile.profile_id, format(
      '%s %s %s',
      case substr(event.outcomes, record.place::int, 1) when 'D' then 'DELIVERED' else 'other' end,
      event.shards[event.shard_numbers[record.place]],
      event.sequence_numbers[record.place]
    ) as place
    from delivery_event as event
    cross join lateral unnest(event.profile_ids) with ordinality as record (profile_key, place)
    join profile on profile.lane = event.lane and profile.id = record.profile_key`.execute(database.db);
  return new Map(rows.map((row) => [row.profile_id, row.place]));
}
