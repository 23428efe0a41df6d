/**
 * `api-list`: a page of 50 destinations, each with its credential, activations, their segments and its last export, against
 * a bare Apollo Server that has the same JSON in memory. Same operation, same 16 connections, paired rounds that take turns
 * in going first; each server is a process of its own, and the database's CPU comes on top of ours.
 */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql } from 'kysely';
import { ask, type LoadResult, type LoadTarget, load } from './api-load.js';
import { type ApiProduct, startApiProduct } from './api-product.js';
import { median, percentile, startProcess } from './harness.js';

const DESTINATIONS = 50;
const LOAD = { connections: 16, seconds: 5 };
const WARM_UP_SECONDS = 20;

const LIST = `query Destinations($first: Int) {
  destinations(first: $first, orderBy: NAME_ASC) {
    nodes {
      __typename id name enabled health { status since }
      ... on KinesisDestination { region stream credential { id name kind } }
      activations(first: 5) { nodes { id state attributes segments { segment { id segmentId name } } } }
      exports(first: 1) { nodes { id state trigger createdAt finishedAt } }
    }
  }
}`;

/** Runs the benchmark and returns its figures. */
export async function benchApiList(options: { rounds: number }): Promise<Record<string, unknown>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tributary-bench-'));
  try {
    await using product = await startApiProduct(folder);
    await fillDestinations(product);
    const ours = targetOf(product);
    const operation = { query: LIST, variables: { first: DESTINATIONS } };
    const answerFile = path.join(folder, 'answer.json');
    await writeFile(answerFile, await ask(ours, operation));
    const main = path.join(import.meta.dirname, 'bare-apollo-main.js');
    await using bare = await startProcess(
      [main, 'schema/schema.graphql', answerFile],
      (line) => /^ready at (\S+)/.exec(line)?.[1] ?? null,
      { NODE_ENV: 'production' },
    );
    const theirs: LoadTarget = { url: bare.found, pid: bare.pid, headers: {} };
    await expectEqualAnswers([ours, theirs], operation);
    const runs: { ours: LoadResult[]; bare: LoadResult[] } = { ours: [], bare: [] };
    for (let round = 0; round <= options.rounds; round += 1)
      for (const side of round % 2 === 0 ? (['ours', 'bare'] as const) : (['bare', 'ours'] as const)) {
        const target = side === 'ours' ? ours : theirs;
        // The first round warms both up, which takes its time: each has some megabytes of code.
        const run = await load(target, operation, { ...LOAD, seconds: round === 0 ? WARM_UP_SECONDS : LOAD.seconds });
        if (round > 0) runs[side].push(run);
      }
    return report(options, runs);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function targetOf({ url, pid, apiKey }: ApiProduct): LoadTarget {
  return { url: `${url}/graphql`, pid, headers: { authorization: `Bearer ${apiKey}` } };
}

async function expectEqualAnswers(targets: readonly LoadTarget[], operation: object): Promise<void> {
  const answers = await Promise.all(targets.map((target) => ask(target, operation)));
  if (new Set(answers.map((answer) => answer.trim())).size > 1)
    throw new Error(`The answers differ: ${answers.join('\n')}`);
}

/** Two activations of three segments and two exports each. */
async function fillDestinations({ db, workspaceId }: ApiProduct): Promise<void> {
  await sql`/* bench.fill_destinations */
    with segments as (
      insert into segment (workspace_id, segment_id, name)
      select ${workspaceId}, 'segment-' || number, 'Segment ' || number from generate_series(1, 10) as number
      returning id
    ),
    credentials as (
      insert into credential (workspace_id, name, kind, access_key_id, secret_sealed)
      select ${workspaceId}, 'Key ' || number, 'ACCESS_KEY', 'AKIABENCHBENCHBENCH0', '\\x00'
      from generate_series(1, 10) as number
      returning id
    ),
    destinations as (
      insert into destination (workspace_id, kind, name, credential_id, region, stream)
      select ${workspaceId}, 'AMAZON_KINESIS', 'Destination ' || number, (select id from credentials order by id offset number % 10 limit 1),
        'us-east-1', 'stream-' || number
      from generate_series(1, ${DESTINATIONS}::int) as number
      returning id
    ),
    activations as (
      insert into activation (workspace_id, destination_id, attributes)
      select ${workspaceId}, destinations.id, '{person.name.firstName,email}' from destinations cross join generate_series(1, 2)
      returning id, destination_id
    ),
    mapped as (
      insert into activation_segment (activation_id, segment_id, ordinal)
      select activations.id, chosen.id, chosen.place - 1
      from activations
      cross join lateral (
        select id, row_number() over (order by id) as place from segments order by id limit 3
      ) as chosen
    )
    insert into export (workspace_id, destination_id, activation_id, trigger, state, segment_ids, segment_keys,
      preparing_lanes, open_lanes, created_by_kind, created_by_name, started_at, finished_at)
    select ${workspaceId}, destination_id, id, 'MANUAL', 'SUCCEEDED', '{1}', '{segment-1}', 0, 0, 'SYSTEM', 'bench', now(), now()
    from activations`.execute(db);
  await sql`vacuum analyze`.execute(db);
}

function report(
  options: { rounds: number },
  { ours, bare }: { ours: LoadResult[]; bare: LoadResult[] },
): Record<string, unknown> {
  const rate = (run: LoadResult) => run.requests / run.wallSeconds;
  const perCpu = (run: LoadResult) => run.requests / run.cpuSeconds;
  const ratio = (value: (run: LoadResult) => number) =>
    median(ours.map((run, round) => value(run) / value(bare[round] ?? run))).toFixed(2);
  return {
    bench: 'api-list',
    rounds: options.rounds,
    answerBytes: ours[0]?.body.length,
    ratioRequestsPerSecond: ratio(rate),
    ratioRequestsPerCpuSecond: ratio(perCpu),
    ourRequestsPerSecond: Math.round(median(ours.map(rate))),
    bareRequestsPerSecond: Math.round(median(bare.map(rate))),
    ourCpuMs: (1_000 / median(ours.map(perCpu))).toFixed(2),
    bareCpuMs: (1_000 / median(bare.map(perCpu))).toFixed(2),
    ourP99Ms: Math.round(median(ours.map((run) => percentile(run.latenciesMs, 0.99)))),
  };
}
