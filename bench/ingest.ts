/**
 * `ingest`: lines of NDJSON → stored profiles and memberships, against a raw COPY of the very rows that came out of it
 * into the same tables with their indexes, one session, paired rounds in one run.
 */

import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { sql } from 'kysely';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { ingestProfiles } from '../src/domain/ingest.js';
import { createProfiles } from '../src/domain/profile.js';
import { createSegments } from '../src/domain/segment.js';
import { type BenchDatabase, startDatabase } from './database.js';
import { efficiency, type Measurement, measure, median, round2, throughput } from './harness.js';

const WARM_UP_PROFILES = 20_000;
const SEGMENTS = 5;
/** Makes a line about 1.47 kB. */
const NOTE = 'x'.repeat(900);
const PERSON = JSON.stringify({ name: { firstName: 'Ada', lastName: 'Lovelace' }, age: 36 });
/** Four of the five segments, by turns. */
const MEMBERSHIPS = Array.from({ length: SEGMENTS }, (_, missing) =>
  JSON.stringify(
    Array.from({ length: SEGMENTS }, (__, segment) => ({
      segmentId: `segment-${segment}`,
      status: 'realized',
      lastQualificationTime: '2026-01-01T00:00:00Z',
    })).filter((___, segment) => segment !== missing),
  ),
);
const PIECE_BYTES = 64 * 1024;

/** What was measured in one round. */
interface Round {
  ours: Measurement;
  raw: Measurement;
}

/** Runs the benchmark and returns its figures. */
export async function benchIngest(options: { profiles: number; rounds: number }): Promise<Record<string, unknown>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tributary-bench-'));
  try {
    await using database = await startDatabase(path.join(folder, 'cluster'), 4);
    const workspaceId = await seed(database);
    const rounds: Round[] = [];
    // Warms both up.
    await runRound(database, { workspaceId, folder, profiles: Math.min(options.profiles, WARM_UP_PROFILES) });
    for (let round = 0; round < options.rounds; round += 1)
      rounds.push(await runRound(database, { workspaceId, folder, profiles: options.profiles }));
    return report(options, rounds);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runRound(
  database: BenchDatabase,
  { workspaceId, folder, profiles: count }: { workspaceId: number; folder: string; profiles: number },
): Promise<Round> {
  const profiles = createProfiles({ db: database.db, clock: () => new Date() });
  await empty(database);
  const ours = await measure(count, async () => {
    const found = await ingestProfiles(makeBody(count), { workspaceId, profiles });
    if (found.created !== count) throw new Error(`${found.created} of ${count} lines made a profile.`);
  });
  const files = { profile: path.join(folder, 'profile.copy'), membership: path.join(folder, 'membership.copy') };
  for (const [table, file] of Object.entries(files))
    await sql.raw(`copy (select * from ${table}) to '${file}'`).execute(database.db);
  await empty(database);
  const raw = await measure(count, async () => {
    for (const [table, file] of Object.entries(files)) await copyFile(database, table, file);
  });
  return { ours, raw };
}

/** As a careful loader would: one session, one COPY a table, streamed. */
async function copyFile(database: BenchDatabase, table: string, file: string): Promise<void> {
  const client = new pg.Client(database.url);
  await client.connect();
  try {
    await pipeline(
      createReadStream(file, { highWaterMark: PIECE_BYTES }),
      client.query(copyFrom(`copy ${table} from stdin`)),
    );
  } finally {
    await client.end();
  }
}

/** Empty tables, and nothing left to write to disk from the run before. */
async function empty(database: BenchDatabase): Promise<void> {
  await sql`truncate profile, membership`.execute(database.db);
  await sql`checkpoint`.execute(database.db);
}

/** Made as it is read, so that a body of any length takes no memory. */
async function* makeBody(count: number): AsyncGenerator<Buffer, void, undefined> {
  let text = '';
  for (let number = 0; number < count; number += 1) {
    text += `${makeLine(number)}\n`;
    if (text.length < PIECE_BYTES) continue;
    yield Buffer.from(text);
    text = '';
  }
  yield Buffer.from(text);
}

/** From ready-made pieces: what makes the lines is not to be measured. */
function makeLine(number: number): string {
  return `{"profileId":"profile-${number}","attributes":{"person":${PERSON},"email":"profile-${number}@example.com","note":"${NOTE}"},"identities":[{"namespace":"ECID","value":"ecid-${number}"}],"memberships":${MEMBERSHIPS[number % SEGMENTS]}}`;
}

async function seed(database: BenchDatabase): Promise<number> {
  const { id } = await database.db
    .insertInto('workspace')
    .values({ name: 'bench', external_id: 'bench' })
    .returning('id')
    .executeTakeFirstOrThrow();
  const segments = createSegments({ db: database.db });
  for (let number = 0; number < SEGMENTS; number += 1)
    await segments.create(id, { segmentId: `segment-${number}`, name: `Segment ${number}` });
  return id;
}

function report(options: { profiles: number; rounds: number }, rounds: readonly Round[]): Record<string, unknown> {
  return {
    bench: 'ingest',
    ...options,
    lineBytes: Buffer.byteLength(makeLine(options.profiles)),
    ratioRowsPerSecond: round2(median(rounds.map(({ ours, raw }) => throughput(ours) / throughput(raw)))),
    ourLinesPerSecond: Math.round(median(rounds.map(({ ours }) => throughput(ours)))),
    rawLinesPerSecond: Math.round(median(rounds.map(({ raw }) => throughput(raw)))),
    ourCpuMicrosPerLine: round2(1e6 / median(rounds.map(({ ours }) => efficiency(ours)))),
    ourPeakRssMb: Math.max(...rounds.map(({ ours }) => ours.peakRssMb)),
  };
}
