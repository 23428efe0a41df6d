/**
 * Ids of another workspace, in every place that takes one: mutations as with ids that never were, queries with nothing.
 * The places are read from the schema, so that a new one is tried as well. Twice: with both walls, and with the second
 * one alone.
 */

import { type GraphQLField, getNamedType, isInputObjectType, isScalarType, isUnionType } from 'graphql';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fromGlobalId, toGlobalId } from '../../src/domain/global-id.js';
import type { NodeKind } from '../../src/domain/user-error.js';
import { buildGraphQLSchema } from '../../src/graphql/schema.js';
import type { WorkspaceSessions } from '../../src/storage/workspace-sessions.js';
import { createTestEdge, type TestEdge } from '../support/graphql-client.js';
import { type TestDatabase, useTestDatabase } from '../support/test-database.js';
import { openUnfilteredSessions } from '../support/unfiltered.js';
import { makeValidInputs, type ValidInputs } from '../support/valid-inputs.js';

const database = useTestDatabase();
const schema = buildGraphQLSchema();
const mutations = Object.values(schema.getMutationType()?.getFields() ?? {});
const queries = Object.values(schema.getQueryType()?.getFields() ?? {});
/** What needs no object of the workspace: with these inputs it makes something in the caller's own. */
const MAKES_ITS_OWN = ['createApiKey', 'createCredential', 'createSegment', 'upsertProfiles'];

let owner: TestEdge;
let unfiltered: WorkspaceSessions;
let inputs: ValidInputs;
let ids: string[];

beforeAll(async () => {
  owner = await createTestEdge(database.db);
  unfiltered = openUnfilteredSessions(database.connection);
  inputs = await makeValidInputs(owner, database.db);
  ids = [...new Set([toGlobalId('Workspace', owner.workspaceId), ...findIds(Object.values(inputs))])];
});

afterAll(async () => {
  await unfiltered[Symbol.asyncDispose]();
});

test('there are ids of every kind to try', () => {
  const kinds = new Set(ids.map((id) => fromGlobalId(id)?.kind));

  expect([...kinds].sort()).toEqual([
    'Activation',
    'ApiKey',
    'Credential',
    'Export',
    'FailedRecord',
    'KinesisDestination',
    'Workspace',
  ]);
});

/** Every subscription, with the kind of its id. */
const SUBSCRIPTIONS: [NodeKind, string][] = [
  [
    'KinesisDestination',
    'deliveryEvents(destinationId: $id) { __typename ... on StreamEnded { code message resumeAfter } }',
  ],
  ['Export', 'exportProgress(exportId: $id) { __typename }'],
];

/** The views of a workspace that requests get. */
const BUILDS: [string, () => TestDatabase['inWorkspace']][] = [
  ['in the code as it is', () => database.inWorkspace],
  ['in a build whose statements ask for no workspace, behind row-level security', () => unfiltered.inWorkspace],
];

describe.each(BUILDS)('%s', (_build, view) => {
  let stranger: TestEdge;
  /** Who has tried nothing: the audit log holds a stranger's own tries, with the ids that they named. */
  let reader: TestEdge;

  beforeAll(async () => {
    stranger = await createTestEdge(database.db, { inWorkspace: view() });
    reader = await createTestEdge(database.db, { inWorkspace: view() });
  });

  describe('a mutation by a stranger', () => {
    test.each(mutations.map(({ name }) => name).filter((name) => !MAKES_ITS_OWN.includes(name)))(
      '%s is refused as for an object that is not there, and changes nothing of the owner',
      async (name) => {
        const before = await readOwned();
        const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`;
        const issuesOf = hasIssues(name) ? '... on InvalidInputError { issues { code } }' : '';
        const source = `mutation ($input: ${type}!) { ${name}(input: $input) { ... on UserError { code } ${issuesOf} } }`;

        const { data, errors } = await stranger.execute(source, { input: inputs[name] });

        expect(errors).toEqual([]);
        const { code, issues = [] } = data[name];
        const codes = [code, ...issues.map((issue: { code: string }) => issue.code)];
        expect(codes.filter((one) => one === 'NOT_FOUND' || one === 'RECORD_NOT_OPEN')).not.toEqual([]);
        expect(await readOwned()).toEqual(before);
      },
    );
  });

  describe('a query by a stranger', () => {
    test('finds no object by its id', async () => {
      const { data } = await reader.execute('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids });

      expect(data.nodes).toEqual(ids.map(() => null));
      const own = await owner.execute('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids });
      expect(own.data.nodes.filter((node: unknown) => node === null)).toEqual([]);
    });

    test.each(queries.filter(takesId).map(({ name }) => name))('%s finds nothing with any of the ids', async (name) => {
      for (const id of ids) {
        const { data } = await reader.execute(`query ($id: ID!) { found: ${name}(id: $id) { __typename } }`, { id });
        expect({ id, found: data.found }).toEqual({ id, found: null });
      }
    });

    const filters = queries.flatMap((query) => idFilters(query).map((field) => [query.name, field] as const));
    test.each(filters)('%s, filtered by %s, lists nothing', async (name, field) => {
      for (const id of ids) {
        const { data } = await reader.execute(
          `query ($id: ID!) { found: ${name}(filter: { ${field}: $id }) { nodes { __typename } } }`,
          { id },
        );
        expect({ id, nodes: data.found.nodes }).toEqual({ id, nodes: [] });
      }
    });

    test.each(SUBSCRIPTIONS)('a subscription to a %s is answered as one to none', async (kind, selection) => {
      const source = `subscription ($id: ID!) { ${selection} }`;
      const none = await reader.readFirst(source, { id: toGlobalId(kind, 2 ** 40) });
      const known = ids.filter((id) => fromGlobalId(id)?.kind === kind);

      expect(known).not.toEqual([]);
      for (const id of ids) expect(JSON.stringify(await reader.readFirst(source, { id }))).toBe(JSON.stringify(none));
      for (const id of known)
        expect(JSON.stringify(await owner.readFirst(source, { id }))).not.toBe(JSON.stringify(none));
    });

    test.each([
      'simulateExport(activationId: $id)',
      'simulateExport(destinationId: $id, segmentIds: ["s0"])',
      'previewPartitioning(destinationId: $id)',
      'listStreams(credentialId: $id, region: "us-east-1")',
    ])('%s is refused', async (call) => {
      for (const id of ids) {
        const { data, errors } = await reader.execute(
          `query ($id: ID!) { found: ${call} { __typename ... on UserError { code } } }`,
          { id },
        );
        expect(errors).toEqual([]);
        expect(['NOT_FOUND', 'INVALID_INPUT']).toContain(data.found.code);
      }
    });
  });
});

test('that build has no other wall: without row-level security, strangers find all that is the owner’s', async () => {
  const stranger = await createTestEdge(database.db, { inWorkspace: unfiltered.inWorkspace });
  const find = async () =>
    (await stranger.execute('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids: found })).data.nodes;
  // A workspace is looked for by the caller's own id.
  const found = ids.filter((id) => fromGlobalId(id)?.kind !== 'Workspace');

  expect(await find()).toEqual(found.map(() => null));
  await setRowSecurity('disable');
  try {
    expect(await find()).toEqual(found.map((id) => ({ id })));
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

function hasIssues(mutation: string): boolean {
  const union = mutations.find(({ name }) => name === mutation)?.type;
  const { types = [] } = isUnionType(getNamedType(union)) ? Object(getNamedType(union)).toConfig() : {};
  return types.some(({ name }: { name: string }) => name === 'InvalidInputError');
}

/** Global ids anywhere in a value. */
function findIds(value: unknown): string[] {
  if (typeof value === 'string') return fromGlobalId(value) ? [value] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(findIds);
}

function takesId({ args }: GraphQLField<unknown, unknown>): boolean {
  return args.some((arg) => arg.name === 'id' && String(arg.type) === 'ID!');
}

/** Fields of a list's filter that take one global id. */
function idFilters({ args }: GraphQLField<unknown, unknown>): string[] {
  const filter = getNamedType(args.find((arg) => arg.name === 'filter')?.type);
  if (!isInputObjectType(filter)) return [];
  return Object.values(filter.getFields())
    .filter((field) => isScalarType(field.type) && field.type.name === 'ID')
    .map((field) => field.name);
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
