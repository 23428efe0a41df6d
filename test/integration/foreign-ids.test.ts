/**
 * Ids of another workspace, in every place that takes one: the answer is that for an id which never was, byte for byte.
 * The places are read from the schema, so that a new one is tried as well; one at a time, all else being in order. Twice:
 * over the wire with both walls, and with the second one alone.
 */

import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fromGlobalId } from '../../src/domain/global-id.js';
import type { NodeKind } from '../../src/domain/user-error.js';
import { createWorkspace } from '../../src/domain/workspace-admin.js';
import { buildGraphQLSchema } from '../../src/graphql/schema.js';
import type { WorkspaceSessions } from '../../src/storage/workspace-sessions.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { askOverHttp, openAskingSocket } from '../support/byte-answers.js';
import { type FurnishedWorkspace, furnishWorkspace, MISSING } from '../support/furnished-workspace.js';
import { createTestEdge } from '../support/graphql-client.js';
import { type IdPosition, listIdPositions, placeId, writePosition } from '../support/id-positions.js';
import { useTestDatabase } from '../support/test-database.js';
import { openUnfilteredSessions } from '../support/unfiltered.js';

const database = useTestDatabase();
/** With these the caller makes, or narrows down, what is its own: nothing is looked for by them. */
const MAY_SUCCEED = /^(createSegment|upsertProfiles\(input\.profiles\.profileId|(retry|discard)FailedRecords)/;
const positions = listIdPositions(buildGraphQLSchema()).sort((one, other) => makes(one) - makes(other));

/** Last, since a foreign id becomes the caller's own by it. */
function makes({ name }: IdPosition): number {
  return MAY_SUCCEED.test(name) ? 1 : 0;
}

let owner: FurnishedWorkspace;
let unfiltered: WorkspaceSessions;
let app: TestApp;

beforeAll(async () => {
  const environment = { ROLE: 'api', OPERATIONS_PER_KEY: '100000', OPERATIONS_PER_ADDRESS: '100000' };
  app = await startTestApp({ connection: database.connection, environment });
  unfiltered = openUnfilteredSessions(database.connection);
  owner = await furnishWorkspace(await createTestEdge(database.db), database.db, 'foreign');
});

afterAll(async () => {
  await unfiltered[Symbol.asyncDispose]();
  await app?.[Symbol.asyncDispose]();
});

test('there are places and ids of every kind to try', () => {
  expect(positions.length).toBeGreaterThan(90);
  expect(positions.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      'profile(profileId)',
      'failedRecords(filter.ids)',
      'nodes(ids)',
      'triggerExport(input.profileIds)',
      'deliveryEvents(exportId)',
      'Segment.members(filter.segmentId)',
      'DeliveriesCommitted.deliveries(filter.exportId)',
    ]),
  );
  expect(Object.keys(owner.ids).sort()).toEqual(Object.keys(MISSING).sort());
});

/** A caller with a workspace of its own, which is in order. */
interface Stranger {
  own: FurnishedWorkspace;
  /** The answer, all of it, but for what no two answers share. */
  ask(position: IdPosition, variables: Record<string, unknown>): Promise<string>;
  leave(): Promise<void>;
}

async function enterByWire(): Promise<Stranger> {
  const { workspace, apiKey } = await createWorkspace(database.db, 'stranger');
  const edge = await createTestEdge(database.db, { workspaceId: workspace.id });
  const socket = await openAskingSocket(app.wsUrl, apiKey);
  return {
    own: await furnishWorkspace(edge, database.db, 'own'),
    ask: (position, variables) => {
      const request = { query: writePosition(position, variables), variables };
      return position.kind === 'subscription' ? socket.ask(request) : askOverHttp(app.url, apiKey, request);
    },
    leave: () => socket.close(),
  };
}

async function enterUnfiltered(): Promise<Stranger> {
  const edge = await createTestEdge(database.db, { inWorkspace: unfiltered.inWorkspace });
  return {
    own: await furnishWorkspace(await createTestEdge(database.db, edge), database.db, 'own'),
    async ask(position, variables) {
      const query = writePosition(position, variables);
      const isStream = position.kind === 'subscription';
      return JSON.stringify(await (isStream ? edge.readFirst(query, variables) : edge.execute(query, variables)));
    },
    leave: async () => {},
  };
}

const BUILDS: [string, () => Promise<Stranger>][] = [
  ['over HTTP and WebSocket, in the code as it is', enterByWire],
  ['in a build whose statements ask for no workspace, behind row-level security', enterUnfiltered],
];

describe.each(BUILDS)('%s', (_build, enter) => {
  let stranger: Stranger;
  let before: string[];

  beforeAll(async () => {
    stranger = await enter();
    before = await readOwned();
  });

  afterAll(() => stranger.leave());

  async function askWith(position: IdPosition, id: string, beside: boolean): Promise<string> {
    const { own, ask } = stranger;
    const variables = placeId(position, own.variablesOf(position), { id, beside });
    return hideId(await ask(position, variables), id);
  }

  /** There is something to find at the position, for one whose it is. @param missed answers to missing ids. */
  async function expectOwnFound(position: IdPosition, missed: ReadonlyMap<string, string>): Promise<void> {
    const pairs = pairsFor(position, stranger.own);
    for (const [id, missing] of pairs) if ((await askWith(position, id, false)) !== missed.get(missing)) return;
    expect.unreachable('Its own ids are answered like missing ones as well.');
  }

  test.each(positions.map((position) => [position.name, position] as const))(
    '%s takes a foreign id for a missing one',
    async (_name, position) => {
      const missed = new Map<string, string>();
      for (const beside of position.isList ? [true, false] : [false])
        for (const [foreign, missing] of pairsFor(position)) {
          const answer = await askWith(position, foreign, beside);
          missed.set(missing, await askWith(position, missing, beside));
          expect(answer).toBe(missed.get(missing));
          expectTold(position, answer);
        }
      if (position.kind !== 'mutation') await expectOwnFound(position, missed);
    },
  );

  test('nothing of the owner has changed', async () => {
    expect(await readOwned()).toEqual(before);
  });
});

test('that build has no other wall: without row-level security, strangers find all that is the owner’s', async () => {
  const stranger = await createTestEdge(database.db, { inWorkspace: unfiltered.inWorkspace });
  // A workspace is looked for by the caller's own id.
  const ids = Object.values(owner.ids).filter((id) => fromGlobalId(id)?.kind !== 'Workspace');
  const find = async () =>
    (await stranger.execute('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids })).data.nodes;

  expect(await find()).toEqual(ids.map(() => null));
  await setRowSecurity('disable');
  try {
    expect(await find()).toEqual(ids.map((id) => ({ id })));
  } finally {
    await setRowSecurity('enable');
  }
});

async function setRowSecurity(action: 'enable' | 'disable'): Promise<void> {
  const { rows } = await sql<{
    name: string;
  }>`select relname as name from pg_class join pg_policy on polrelid = pg_class.oid`.execute(database.db);
  for (const { name } of rows)
    await sql`alter table ${sql.table(name)} ${sql.raw(action)} row level security`.execute(database.db);
}

/** An id of somebody's, and one of nobody's. */
type Pair = [id: string, missing: string];

const KIND_OF: Readonly<Record<string, NodeKind>> = {
  activationId: 'Activation',
  credentialId: 'Credential',
  destinationId: 'KinesisDestination',
  exportId: 'Export',
  'filter.ids': 'FailedRecord',
};

/** The ids to try at a position: of its kind, or of every kind if its name does not tell. */
function pairsFor({ isGlobal, path }: IdPosition, whose = owner): Pair[] {
  const name = path.at(-1) ?? '';
  if (name.startsWith('profile')) return [[whose.profileId, 'nobodys-profile-0']];
  if (!isGlobal) return [[whose.segmentId, 'nobodys-segment']];
  const kind = KIND_OF[name] ?? KIND_OF[path.slice(-2).join('.')];
  const kinds = kind ? [kind] : Object.keys(MISSING);
  return kinds.map((kind) => [whose.ids[kind] ?? '', MISSING[kind] ?? '']);
}

/** The answer without the id that was given, also where the path of a download has it. */
function hideId(answer: string, id: string): string {
  const key = fromGlobalId(id)?.id ?? id;
  const hide = (name: string, value: unknown) => (value === key && name !== 'parentId' ? '<id>' : value);
  const readable = answer.replace(/(?<=\?list=)[\w-]+/g, (list) =>
    JSON.stringify(JSON.parse(Buffer.from(list, 'base64url').toString(), hide)),
  );
  return readable.replaceAll(id, '<id>');
}

/** A mutation is refused for the id and nothing else: it would have been done with one of its own. */
function expectTold({ kind, name, path }: IdPosition, answer: string): void {
  if (kind !== 'mutation' || MAY_SUCCEED.test(name)) return;
  expect(answer).toMatch(/"code":"(NOT_FOUND|RECORD_NOT_OPEN)"/);
  const told = [...answer.matchAll(/"path":(\["input"[^\]]*\])/g)].map(([, found]) => JSON.parse(found ?? '[]'));
  const places = told.map((found: string[]) => found.filter((step) => !/^\d+$/.test(step)).join('.'));
  expect(new Set(places)).toEqual(new Set([path.join('.')]));
}

/** Every row of the owner's, as text. */
async function readOwned(): Promise<string[]> {
  const { rows: tables } = await sql<{ name: string }>`
    select table_name as name from information_schema.columns
    where table_schema = 'public' and column_name = 'workspace_id'
      and table_name in (select tablename from pg_tables where schemaname = 'public')`.execute(database.db);
  const dumps: string[] = [];
  for (const { name } of tables) {
    const table = sql.table(name);
    const { rows } = await sql<{ text: string }>`
      select row::text as text from ${table} as row where workspace_id = ${owner.workspaceId}`.execute(database.db);
    dumps.push(...rows.map(({ text }) => `${name}: ${text}`));
  }
  return dumps.sort();
}
