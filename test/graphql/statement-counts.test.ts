/** Lists cost a fixed number of statements whatever their length: every field of every list's nodes, by the schema itself. */

import {
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isObjectType,
  isRequiredArgument,
} from 'graphql';
import { beforeAll, expect, test } from 'vitest';
import { buildGraphQLSchema } from '../../src/graphql/schema.js';
import {
  addActivation,
  addDestination,
  addEvent,
  addExport,
  addFailedRecord,
  type Books,
  delivered,
  openBooks,
} from '../support/books.js';
import { createTestEdge, type TestEdge } from '../support/graphql-client.js';
import { useTestDatabase } from '../support/test-database.js';

const ROWS = 50;

/** Values of arguments that have no default. */
const ARGUMENTS: Readonly<Record<string, string>> = { window: 'LAST_DAY' };

const schema = buildGraphQLSchema();
const database = useTestDatabase();
let edge: TestEdge;

beforeAll(async () => {
  edge = await createTestEdge(database.db);
  await fillBooks();
}, 60_000);

const lists = connectionsOf(schema.getQueryType());

test.each(lists.map((list) => [list.name, list] as const))(
  '%s: each field of its nodes costs as many statements for 50 as for one',
  async (_name, list) => {
    for (const { type, field } of fieldsOf(nodeTypeOf(list))) {
      const query = `query ($first: Int!) { ${list.name}(first: $first) { nodes { ... on ${type.name} { ${select(field)} } } } }`;
      const read = async (first: number) => {
        const { data, errors } = await edge.execute(query, { first });
        expect(errors, query).toEqual([]);
        expect(data[list.name].nodes, query).toHaveLength(first);
      };

      const one = await edge.countQueries(() => read(1));
      const many = await edge.countQueries(() => read(ROWS));

      expect(one, query).toBeGreaterThan(0);
      expect(many, query).toBe(one);
    }
  },
);

function connectionsOf(type: GraphQLObjectType | null | undefined): GraphQLField<unknown, unknown>[] {
  return Object.values(type?.getFields() ?? {}).filter((field) => isConnection(getNamedType(field.type)));
}

function isConnection(type: GraphQLNamedType): boolean {
  return type.name.endsWith('Connection');
}

function nodeTypeOf(field: GraphQLField<unknown, unknown>): GraphQLNamedType {
  const connection = getNamedType(field.type);
  const nodes = isObjectType(connection) && connection.getFields()['nodes'];
  if (!nodes) throw new Error(`${connection.name} has no nodes.`);
  return getNamedType(nodes.type);
}

interface FieldOfNode {
  type: GraphQLObjectType;
  field: GraphQLField<unknown, unknown>;
}

/** Fields of a type, or of all that it may be. */
function fieldsOf(type: GraphQLNamedType): FieldOfNode[] {
  if (isAbstractType(type)) return schema.getPossibleTypes(type).flatMap(fieldsOf);
  if (!isObjectType(type)) return [];
  return Object.values(type.getFields()).map((field) => ({ type, field }));
}

/** Selects a field, and of a list within the list all fields but lists. */
function select(field: GraphQLField<unknown, unknown>): string {
  const type = getNamedType(field.type);
  if (!isConnection(type)) return `${field.name}${argumentsOf(field)}${isCompositeType(type) ? ' { __typename }' : ''}`;
  const inner = fieldsOf(nodeTypeOf(field)).filter((own) => !isConnection(getNamedType(own.field.type)));
  const ofNodes = inner.map((own) => `... on ${own.type.name} { ${select(own.field)} }`).join(' ');
  const total = isObjectType(type) && type.getFields()['totalCount'] ? 'totalCount' : '';
  return `${field.name}(first: 2) { ${total} nodes { ${ofNodes} } }`;
}

function argumentsOf(field: GraphQLField<unknown, unknown>): string {
  const given = field.args.filter(isRequiredArgument).map(({ name }) => `${name}: ${ARGUMENTS[name]}`);
  return given.length > 0 ? `(${given.join(', ')})` : '';
}

/** Fifty of each kind: profiles, each in two segments; activations, each at its own destination with an export, a delivery and a failed record. */
async function fillBooks(): Promise<void> {
  const books = await openBooks(database.db, edge.workspaceId);
  for (let number = 3; number < ROWS; number += 1)
    await edge.execute(
      'mutation ($id: String!) { createSegment(input: { segmentId: $id, name: $id }) { __typename } }',
      {
        id: `s${number}`,
      },
    );
  const profiles = Array.from({ length: ROWS }, (_, number) => ({
    profileId: `p${number}`,
    memberships: ['s0', `s${(number % (ROWS - 1)) + 1}`].map((segmentId) => ({ segmentId, status: 'REALIZED' })),
  }));
  const { data } = await edge.execute(
    'mutation ($profiles: [ProfileInput!]!) { upsertProfiles(input: { profiles: $profiles }) { __typename } }',
    { profiles },
  );
  expect(data.upsertProfiles.__typename).toBe('UpsertProfilesSuccess');
  await fillOutcomes(books);
  // Last: the newest audit entries are all about keys, of which each kind of target costs a statement.
  for (let number = 0; number < ROWS; number += 1)
    await edge.execute(`mutation { createApiKey(input: { name: "key ${number}", role: VIEWER }) { __typename } }`);
}

async function fillOutcomes(books: Books): Promise<void> {
  const rows = await database.db
    .selectFrom('profile')
    .select(['id', 'profile_id', 'lane'])
    .where('workspace_id', '=', books.workspaceId)
    .execute();
  for (const [number, { id: profileKey, profile_id: profileId, lane }] of rows.entries()) {
    const own = number === 0 ? books : await openAnother(books);
    const exportId = await addExport(own, { state: 'SUCCEEDED' });
    await addEvent(own, [delivered(profileKey)], { exportIds: [exportId], lane });
    await addFailedRecord(own, { profileId, profileKey, exports: { [exportId]: '0' } });
  }
}

/** An activation of the same segments at a destination of its own. */
async function openAnother(books: Books): Promise<Books> {
  const destinationId = await addDestination(database.db, books.workspaceId);
  return { ...books, destinationId, activationId: await addActivation({ ...books, destinationId }) };
}
