/**
 * `api-scale`: pages of 1,000,000 deliveries of one workspace, over HTTP, one request at a time: the first page without a
 * filter against the first page under each filter and order, and against page 1,000. Every list takes its turn in each
 * round; the ratio is that of the medians of a round.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql } from 'kysely';
import { toGlobalId } from '../src/domain/global-id.js';
import { ask, type LoadTarget, load } from './api-load.js';
import { type ApiProduct, startApiProduct } from './api-product.js';
import { insertId, median } from './harness.js';
import { seedDestination, seedSegment, seedWorkspace } from './seed.js';

const EVENT_RECORDS = 500;
const PAGE = 100;
const SECONDS = 1;

const LIST = `query Deliveries($filter: DeliveryFilter, $orderBy: DeliveryOrder, $first: Int, $after: String) {
  deliveries(filter: $filter, orderBy: $orderBy, first: $first, after: $after) {
    nodes { id outcome code committedAt profileId shardId sequenceNumber attempts sizeBytes latencyMs }
    pageInfo { endCursor hasNextPage }
  }
}`;

/** Runs the benchmark and returns its figures; `profiles` is the number of deliveries. */
export async function benchApiScale(options: { profiles: number; rounds: number }): Promise<Record<string, unknown>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tributary-bench-'));
  try {
    await using product = await startApiProduct(folder);
    const filled = await fillDeliveries(product, Math.ceil(options.profiles / EVENT_RECORDS));
    const target = {
      url: `${product.url}/graphql`,
      pid: product.pid,
      headers: { authorization: `Bearer ${product.apiKey}` },
    };
    const lists = await listsOf(target, filled);
    const medians = new Map(lists.map(({ name }) => [name, [] as number[]]));
    for (let round = 0; round <= options.rounds; round += 1)
      for (const { name, variables } of lists) {
        const run = await load(target, { query: LIST, variables }, { connections: 1, seconds: SECONDS });
        // The first round warms up.
        if (round > 0) medians.get(name)?.push(median(run.latenciesMs));
      }
    return report(options, medians);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Filled {
  destinationId: number;
  activationId: number;
  exportId: number;
  /** When the event was committed that page 1,000 begins in. */
  middle: Date;
}

interface List {
  name: string;
  variables: Record<string, unknown>;
}

const FIRST = 'page 1';

async function listsOf(target: LoadTarget, filled: Filled): Promise<List[]> {
  const filters: [string, Record<string, unknown>][] = [
    [FIRST, {}],
    ['page 1 of what failed', { outcomes: ['FAILED'] }],
    ['page 1 of one code', { codes: ['RECORD_TOO_LARGE'] }],
    ['page 1 of a destination', { destinationId: toGlobalId('KinesisDestination', filled.destinationId) }],
    ['page 1 of an activation', { activationId: toGlobalId('Activation', filled.activationId) }],
    ['page 1 of an export', { exportId: toGlobalId('Export', filled.exportId) }],
  ];
  const first = filters.map(([name, filter]) => ({ name, variables: { first: PAGE, filter } }));
  const oldest = { name: 'page 1, oldest first', variables: { first: PAGE, orderBy: 'COMMITTED_AT_ASC' } };
  // What page 999 ends with, found by its time: its cursor is that of the whole list.
  const before = { first: PAGE, filter: { to: filled.middle.toISOString() } };
  const answer = await ask(target, { query: LIST, variables: before });
  const after = /"endCursor":"([^"]+)"/.exec(answer)?.[1];
  if (after === undefined) throw new Error(`There is no page 999: ${answer.slice(0, 300)}`);
  const late = filters.slice(0, 2).map(([name, filter]) => ({
    name: name.replace('page 1', 'page 1,000'),
    variables: { first: PAGE, filter, after },
  }));
  return [...first, oldest, ...late];
}

/** Events of 500 records, one a second up to now; a failed record in one of 100; every second is of the export. */
async function fillDeliveries({ db }: ApiProduct, events: number): Promise<Filled> {
  const { workspaceId, ...rest } = await firstWorkspace(db);
  const segmentIds = [await seedSegment(db, workspaceId, 'everyone')];
  const options = { name: 'bench', stream: 'bench', segmentIds, attributes: ['email'] };
  const { destinationId, activationId } = await seedDestination(db, { workspaceId, ...rest }, options);
  const exportId = await insertId(
    db,
    sql`insert into export (workspace_id, destination_id, activation_id, trigger, state, segment_ids, segment_keys,
        preparing_lanes, open_lanes, created_by_kind, created_by_name, created_at, started_at, finished_at)
      values (${workspaceId}, ${destinationId}, ${activationId}, 'MANUAL', 'SUCCEEDED', ${segmentIds}::bigint[], '{everyone}',
        0, 0, 'SYSTEM', 'bench', now() - ${events}::int * interval '1 second', now() - ${events}::int * interval '1 second', now())
      returning id`,
  );
  await sql`select ensure_delivery_partitions(2, 1)`.execute(db);
  await sql`/* bench.fill_deliveries */
    insert into delivery_event (
      committed_at, workspace_id, destination_id, lane, position, activation_id, activation_version, destination_version,
      origin, export_ids, delivered, failed, skipped, deferred, attempts, bytes, possible_duplicates, codes, profile_ids,
      outcomes, revisions, record_codes, shards, shard_numbers, sequence_numbers, record_attempts, record_bytes, latencies_ms
    )
    select now() - number * interval '1 second', ${workspaceId}, ${destinationId}, number % 16, number, ${activationId}, 1, 1,
      'MANUAL', case number % 2 when 0 then array[${exportId}::bigint] else '{}' end, ${EVENT_RECORDS}::int - bad, bad, 0, 0,
      ${EVENT_RECORDS}, 390000, 0, case bad when 1 then '{"RECORD_TOO_LARGE": 1}'::jsonb else '{}' end,
      array(select number * ${EVENT_RECORDS}::bigint + place from generate_series(1, ${EVENT_RECORDS}::int) as place),
      repeat('D', ${EVENT_RECORDS}::int - bad) || repeat('F', bad), array_fill(1000::bigint, array[${EVENT_RECORDS}::int]),
      case bad when 1 then array_fill(''::text, array[${EVENT_RECORDS}::int - 1]) || 'RECORD_TOO_LARGE'::text end,
      '{shardId-000000000000}', array_fill(1::smallint, array[${EVENT_RECORDS}::int]),
      array(select '4950' || md5((number + place)::text) from generate_series(1, ${EVENT_RECORDS}::int) as place),
      array_fill(1::smallint, array[${EVENT_RECORDS}::int]), array_fill(780, array[${EVENT_RECORDS}::int]),
      array_fill(12.5::real, array[${EVENT_RECORDS}::int])
    from generate_series(1, ${events}::int) as number
    cross join lateral (select (number % 100 = 0)::int as bad) as chance`.execute(db);
  await sql`vacuum analyze`.execute(db);
  const late = Math.ceil((999 * PAGE) / EVENT_RECORDS);
  const { rows } = await sql<{ at: Date }>`
    select committed_at as at from delivery_event order by committed_at desc offset ${late - 1} limit 1`.execute(db);
  return { destinationId, activationId, exportId, middle: rows[0]?.at ?? new Date() };
}

/** That of the first start, with a credential of another one: nothing is sent. */
async function firstWorkspace(db: ApiProduct['db']): ReturnType<typeof seedWorkspace> {
  const { credentialId } = await seedWorkspace(db);
  const { id: workspaceId } = await db.selectFrom('workspace').select('id').orderBy('id').executeTakeFirstOrThrow();
  return { workspaceId, credentialId };
}

function report(
  options: { profiles: number; rounds: number },
  medians: ReadonlyMap<string, readonly number[]>,
): Record<string, unknown> {
  const base = medians.get(FIRST) ?? [];
  const lists = [...medians].map(([name, values]) => [
    name,
    {
      medianMs: median(values).toFixed(1),
      ratio: median(values.map((value, round) => value / (base[round] ?? value))).toFixed(2),
    },
  ]);
  return { bench: 'api-scale', deliveries: options.profiles, rounds: options.rounds, ...Object.fromEntries(lists) };
}
