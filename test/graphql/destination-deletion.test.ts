import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import {
  createCredential,
  createDestination,
  keyOf,
  mutateDestination,
  readDestination,
} from '../support/destination-seed.js';
import { createTestEdge, type TestEdge } from '../support/graphql-client.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
let edge: TestEdge;
let credentialId: string;

beforeAll(async () => {
  edge = await createTestEdge(database.db);
  credentialId = await createCredential(edge);
});

const remove = (id: string) => mutateDestination(edge, 'deleteDestination', { id });
const read = (id: string) => readDestination(edge, id);

test('pending counts waiting records and the unsent rest of exports, and says since when', async () => {
  const id = await createDestination(edge, credentialId);
  const idle = await createDestination(edge, credentialId);
  await seedExport(keyOf(id), { createdAt: '2026-01-02T00:00:00Z', finishedAt: null });
  expect((await read(id)).destination).toMatchObject({ pending: 0, oldestPendingAt: null });

  // Lane 3: page 0 is sent, 30 of page 1's 100 too, page 2 is untouched. Lane 4 is done.
  await seedPages(keyOf(id), { lane: 3, state: 'READY', page: 1, offset: 30, sizes: [500, 100, 7] });
  await seedPages(keyOf(id), { lane: 4, state: 'DONE', page: 0, offset: 0, sizes: [9] });
  const exporting = (await read(id)).destination;
  await seedPending(keyOf(id), ['2026-01-03T00:00:00Z', '2026-01-01T00:00:00Z']);
  const waiting = (await read(id)).destination;

  expect(exporting).toMatchObject({ pending: 77, oldestPendingAt: '2026-01-02T00:00:00.000Z' });
  expect(waiting).toMatchObject({ pending: 79, oldestPendingAt: '2026-01-01T00:00:00.000Z' });
  expect((await read(idle)).destination).toMatchObject({ pending: 0, oldestPendingAt: null });
});

test('a destination with an unfinished export is not deleted, and keeps its lanes', async () => {
  const id = await createDestination(edge, credentialId);
  await seedExport(keyOf(id), { createdAt: '2026-01-02T00:00:00Z', finishedAt: null });

  const refused = await remove(id);

  expect(refused).toMatchObject({ code: 'EXPORT_RUNNING', path: ['input', 'id'], current: { id } });
  expect(await countRows(keyOf(id))).toMatchObject({ lane: 16, export: 1 });
});

test('a deleted destination takes everything of it along, and nothing of another', async () => {
  const [id, kept] = [await createDestination(edge, credentialId), await createDestination(edge, credentialId)];
  for (const each of [id, kept]) {
    await seedExport(keyOf(each), { createdAt: '2026-01-02T00:00:00Z', finishedAt: '2026-01-03T00:00:00Z' });
    await seedPages(keyOf(each), { lane: 3, state: 'DONE', page: 1, offset: 0, sizes: [5] });
    await seedPending(keyOf(each), ['2026-01-03T00:00:00Z']);
    await seedBooks(keyOf(each));
  }
  const before = await countRows(keyOf(kept));
  expect(Object.values(before).every((count) => count > 0)).toBe(true);

  expect(await remove(id)).toEqual({ __typename: 'DeleteDestinationSuccess', deletedId: id });

  expect(await read(id)).toEqual({ destination: null, node: null });
  expect(Object.values(await countRows(keyOf(id))).every((count) => count === 0)).toBe(true);
  expect(await countRows(keyOf(kept))).toEqual(before);
  expect(await remove(id)).toMatchObject({ code: 'NOT_FOUND', path: ['input', 'id'] });
});

test('of two that delete one destination at once, one finds nothing', async () => {
  const id = await createDestination(edge, credentialId);

  const answers = await Promise.all([remove(id), remove(id)]);

  expect(answers.map(({ __typename }) => __typename).sort()).toEqual(['DeleteDestinationSuccess', 'NotFoundError']);
});

async function seedExport(destination: number, times: { createdAt: string; finishedAt: string | null }): Promise<void> {
  await sql`insert into activation (workspace_id, destination_id, attributes)
    values (${edge.workspaceId}, ${destination}, '{}')`.execute(database.db);
  await sql`insert into export (workspace_id, destination_id, activation_id, trigger, segment_ids, segment_keys,
      created_by_kind, created_by_name, created_at, finished_at)
    select ${edge.workspaceId}, ${destination}, max(id), 'MANUAL', '{}', '{}', 'SYSTEM', 'test',
      ${times.createdAt}::timestamptz, ${times.finishedAt}::timestamptz
    from activation where destination_id = ${destination}`.execute(database.db);
}

async function seedPages(
  destination: number,
  lane: { lane: number; state: string; page: number; offset: number; sizes: number[] },
): Promise<void> {
  await sql`insert into export_lane (export_id, lane, destination_id, state, pages, page, page_offset)
    select max(id), ${lane.lane}, ${destination}, ${lane.state}, ${lane.sizes.length}, ${lane.page}, ${lane.offset}
    from export where destination_id = ${destination}`.execute(database.db);
  await sql`insert into export_page (export_id, lane, page, size, profile_ids, segment_sets)
    select (select max(id) from export where destination_id = ${destination}), ${lane.lane}, place - 1, size, '{}', '{}'
    from unnest(${lane.sizes}::int[]) with ordinality as page(size, place)`.execute(database.db);
}

async function seedPending(destination: number, createdAt: string[]): Promise<void> {
  await sql`insert into pending_record (lane, activation_id, profile_id, destination_id, not_before, created_at)
    select place % 16, ${destination}, place, ${destination}, now(), at
    from unnest(${createdAt}::timestamptz[]) with ordinality as waiting(at, place)`.execute(database.db);
}

async function seedBooks(destination: number): Promise<void> {
  await sql`insert into delivery_stat (workspace_id, destination_id, activation_id, lane, span_minutes, started_at, counts)
    values (${edge.workspaceId}, ${destination}, 1, 0, 1, date_trunc('minute', now()), '{"delivered": 1}')`.execute(
    database.db,
  );
  await sql`insert into failed_record (workspace_id, destination_id, activation_id, lane, profile_id, code, message, attempts,
      size_bytes, exports)
    values (${edge.workspaceId}, ${destination}, ${destination}, 0, 1, 'RECORD_REFUSED', 'no', 1, 1, '{}')`.execute(
    database.db,
  );
  await sql`insert into state_event (destination_id, position, follows) values (${destination}, 1000, '{}')`.execute(
    database.db,
  );
  await sql`insert into delivery_event (workspace_id, destination_id, lane, position, activation_id, activation_version,
      destination_version, origin, export_ids, delivered, failed, skipped, deferred, attempts, bytes, possible_duplicates,
      codes, profile_ids, outcomes, revisions, shards, shard_numbers, sequence_numbers, record_attempts, record_bytes,
      latencies_ms)
    values (${edge.workspaceId}, ${destination}, 0, 1, 1, 1, 1, 'LIVE', '{}', 0, 0, 0, 0, 0, 0, 0, '{}', '{}', '', '{}', '{}',
      '{}', '{}', '{}', '{}', '{}')`.execute(database.db);
}

async function countRows(destination: number): Promise<Record<string, number>> {
  const tables = [
    'lane',
    'activation',
    'export',
    'export_lane',
    'pending_record',
    'failed_record',
    'state_event',
    'delivery_event',
    'delivery_stat',
  ];
  const counts: Record<string, number> = {};
  for (const table of tables) {
    const { rows } = await sql<{ total: number }>`
      select count(*) as total from ${sql.table(table)} where destination_id = ${destination}`.execute(database.db);
    counts[table] = rows[0]?.total ?? 0;
  }
  return counts;
}
