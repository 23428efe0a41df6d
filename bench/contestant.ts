/** The two that race in `live`: the whole product, and the bare pipe; each with its profiles, in processes of its own. */

import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { pino } from 'pino';
import { startEmbeddedServer } from '../src/storage/embedded-server.js';
import { startProcess, startServer } from './harness.js';
import { PIPE_SCHEMA } from './listen-pipe.js';

/** Where the race is, and how many profiles take part. */
export interface Track {
  folder: string;
  endpoint: string;
  stream: string;
  profiles: number;
}

/** One that turns changes into records. */
export interface Contestant extends AsyncDisposable {
  /** Writes changes, each of another profile; resolves with the answer. */
  send(changes: readonly number[]): Promise<unknown>;
  /** The number of the change in a record. */
  readChange(body: unknown): number;
}

/** Makes a record about 1 kB. */
const NOTE = 'x'.repeat(800);
const INGEST_LINES = 20_000;
const PIPE_SESSIONS = 8;
const MAX_WAIT_MS = 600_000;

/** The product, with what a client needs to look at it. */
export interface Product extends Contestant {
  url: string;
  apiKey: string;
  destinationId: string;
  pid: number;
}

/** The product: role `all` in one process, embedded PostgreSQL beside it, changes as GraphQL mutations over HTTP. */
export async function startProduct(track: Track, environment: Readonly<Record<string, string>> = {}): Promise<Product> {
  const server = await startServer({
    KINESIS_ENDPOINT: track.endpoint,
    DATA_FOLDER: path.join(track.folder, 'product'),
    ...environment,
  });
  const { url, apiKey, pid } = server;
  const api = new Api(url, apiKey);
  const destinationId = await seedProduct(api, track);
  return {
    url,
    apiKey,
    destinationId,
    pid,
    send: (changes) =>
      api.mutate('upsertProfiles', {
        profiles: changes.map((change) => ({ profileId: keyOf(change, track), attributes: { change } })),
      }),
    readChange: (body) => readNumber(body, 'change'),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** The bare pipe: an embedded PostgreSQL of its own, changes as updates from 8 sessions. */
export async function startPipe(track: Track): Promise<Contestant> {
  const log = pino({ level: 'warn' });
  const server = await startEmbeddedServer({ dataFolder: path.join(track.folder, 'pipe'), log });
  const pool = new pg.Pool({ connectionString: server.url, max: PIPE_SESSIONS });
  await pool.query(PIPE_SCHEMA);
  await pool.query(
    `insert into customer
      select 'profile-' || number, jsonb_build_object('note', $2::text) from generate_series(0, $1::int - 1) as number`,
    [track.profiles, NOTE],
  );
  await pool.query('vacuum analyze customer');
  const main = path.join(import.meta.dirname, 'listen-pipe-main.js');
  const pipe = await startProcess([main, server.url, track.endpoint, track.stream], (line) =>
    line === 'ready' ? line : null,
  );
  return {
    send: (changes) =>
      pool.query(
        `update customer set attributes = attributes || jsonb_build_object('change', given.change)
          from unnest($1::text[], $2::bigint[]) as given(profile_id, change)
          where customer.profile_id = given.profile_id`,
        [changes.map((change) => keyOf(change, track)), [...changes]],
      ),
    readChange: (body) => readNumber(isObject(body) ? body['attributes'] : null, 'change'),
    async [Symbol.asyncDispose]() {
      await pipe[Symbol.asyncDispose]();
      await pool.end();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Neighbouring changes are of different profiles, and one comes again as late as it can. */
function keyOf(change: number, { profiles }: Track): string {
  return `profile-${change % profiles}`;
}

/** What a client needs of the product's API. */
class Api {
  constructor(
    readonly url: string,
    readonly key: string,
  ) {}

  /** Runs a mutation and selects one field of its success. @throws if it answers anything else. */
  async mutate(name: string, input: object, selection = '__typename'): Promise<Record<string, unknown>> {
    const type = `${name[0]?.toUpperCase()}${name.slice(1)}`;
    const query = `mutation($input: ${type}Input!) { ${name}(input: $input) { __typename ... on ${type}Success { ${selection} } } }`;
    const answer = (await this.run(query, { input }))[name];
    if (isObject(answer) && answer['__typename'] === `${type}Success`) return answer;
    throw new Error(`${name} answered ${JSON.stringify(answer)}`);
  }

  async run(query: string, variables: object): Promise<Record<string, unknown>> {
    const response = await this.post('/graphql', 'application/json', JSON.stringify({ query, variables }));
    const body: unknown = await response.json();
    if (isObject(body) && isObject(body['data']) && !body['errors']) return body['data'];
    throw new Error(`The product answered ${JSON.stringify(body)}`);
  }

  post(address: string, type: string, body: string): Promise<Response> {
    const headers = { 'content-type': type, authorization: `Bearer ${this.key}` };
    return fetch(`${this.url}${address}`, { method: 'POST', headers, body });
  }
}

/** @returns the id of the destination. Activated while the segment is empty: its members come live, and what is measured begins when none waits. */
async function seedProduct(api: Api, track: Track): Promise<string> {
  const key = { accessKeyId: 'AKIABENCHBENCHBENCH0', secretAccessKey: 'x'.repeat(40) };
  const made = await api.mutate('createCredential', { name: 'bench', kind: 'ACCESS_KEY', ...key }, 'credential { id }');
  const credentialId = readId(made['credential']);
  const settings = { name: 'bench', credentialId, region: 'us-east-1', stream: track.stream };
  const destinationId = readId(
    (await api.mutate('createKinesisDestination', settings, 'destination { id }'))['destination'],
  );
  await api.mutate('createSegment', { segmentId: 'everyone', name: 'Everyone' });
  await api.mutate('activateSegments', {
    destinationId,
    segmentIds: ['everyone'],
    attributes: ['change', 'note'],
  });
  for (let start = 0; start < track.profiles; start += INGEST_LINES)
    await ingest(api, start, Math.min(INGEST_LINES, track.profiles - start));
  await untilNothingWaits(api, destinationId);
  return destinationId;
}

async function ingest(api: Api, start: number, count: number): Promise<void> {
  const lines = Array.from({ length: count }, (_, index) =>
    JSON.stringify({
      profileId: `profile-${start + index}`,
      attributes: { note: NOTE },
      memberships: [{ segmentId: 'everyone', status: 'REALIZED' }],
    }),
  );
  const report: unknown = await (await api.post('/ingest/profiles', 'application/x-ndjson', lines.join('\n'))).json();
  if (!isObject(report) || report['accepted'] !== count)
    throw new Error(`Ingest took ${JSON.stringify(report)} of ${count}.`);
}

async function untilNothingWaits(api: Api, id: string): Promise<void> {
  const deadline = performance.now() + MAX_WAIT_MS;
  for (;;) {
    const { destination } = await api.run('query($id: ID!) { destination(id: $id) { pending } }', { id });
    if (isObject(destination) && destination['pending'] === 0) return;
    if (performance.now() > deadline)
      throw new Error(`After ${MAX_WAIT_MS} ms there is ${JSON.stringify(destination)}.`);
    await delay(200);
  }
}

function readId(node: unknown): string {
  if (isObject(node) && typeof node['id'] === 'string') return node['id'];
  throw new Error(`${JSON.stringify(node)} has no id.`);
}

/** −1 in a record of the time before the first change. */
function readNumber(body: unknown, name: string): number {
  const value = isObject(body) ? body[name] : null;
  return typeof value === 'number' ? value : -1;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
