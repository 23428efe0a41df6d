/** Credentials and destinations for tests of the edge, made by its own mutations. */
import { expect } from 'vitest';
import { fromGlobalId } from '../../src/domain/global-id.js';
import type { Db } from '../../src/storage/database.js';
import type { TestEdge } from './graphql-client.js';

/** A secret access key of the right form; a test may look for it where it must not be. */
export const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';

/** An access key id of the right form. */
export const ACCESS_KEY_ID = 'AKIAIOSFODNN7EXAMPLE';

/** Makes a credential; its global id. */
export async function createCredential(
  edge: Pick<TestEdge, 'execute'>,
  input: Record<string, unknown> = {},
): Promise<string> {
  const { data, errors } = await edge.execute(
    `mutation ($input: CreateCredentialInput!) {
      createCredential(input: $input) { ... on CreateCredentialSuccess { credential { id } } ... on UserError { message } }
    }`,
    { input: { kind: 'ACCESS_KEY', name: 'test', accessKeyId: ACCESS_KEY_ID, secretAccessKey: SECRET, ...input } },
  );
  expect(errors).toEqual([]);
  return data.createCredential.credential.id;
}

/** Makes a destination; its global id. */
export async function createDestination(
  edge: Pick<TestEdge, 'execute'>,
  credentialId: string,
  input: Record<string, unknown> = {},
): Promise<string> {
  const { data, errors } = await edge.execute(
    `mutation ($input: CreateKinesisDestinationInput!) {
      createKinesisDestination(input: $input) {
        ... on CreateKinesisDestinationSuccess { destination { id } }
        ... on UserError { message }
      }
    }`,
    { input: { name: 'test', region: 'us-east-2', stream: 'orders', credentialId, ...input } },
  );
  expect(errors).toEqual([]);
  return data.createKinesisDestination.destination.id;
}

/** Every field of a destination that needs no other subject. */
export const DESTINATION_FIELDS = `id name description enabled version createdAt updatedAt credential { id } type { name kind }
  pending oldestPendingAt eventCursor
  health { status code message awsRequestId since nextProbeAt reason { remedy } }
  ... on KinesisDestination {
    region stream includeSegmentNames includeSegmentTimestamps maxRecordsPerSecond membershipScope membershipStatuses
    orderGuaranteed partitionKey { strategy argument } tooLargePolicy envelope
    consent { path permittedValues whenRefused }
  }`;

const PROBLEM = `... on UserError {
  code message path
  ... on InvalidInputError { issues { code message path } }
  ... on ConflictError { current { id } }
  ... on InvalidStateError { current { id } }
}`;

/** Runs a mutation that answers a destination or `deletedId`; its answer, a user error included. */
export async function mutateDestination(edge: TestEdge, name: string, input: Record<string, unknown>) {
  const type = `${name[0]?.toUpperCase()}${name.slice(1)}`;
  const success = name.startsWith('delete') ? 'deletedId' : `destination { ${DESTINATION_FIELDS} }`;
  const { data, errors } = await edge.execute(
    `mutation ($input: ${type}Input!) {
      ${name}(input: $input) { __typename ... on ${type}Success { ${success} } ${PROBLEM} }
    }`,
    { input },
  );
  expect(errors).toEqual([]);
  return data[name];
}

/** Reads a destination by `destination` and by `node`. */
export async function readDestination(edge: TestEdge, id: string) {
  const query = `query ($id: ID!) { destination(id: $id) { ${DESTINATION_FIELDS} } node(id: $id) { __typename id } }`;
  const { data, errors } = await edge.execute(query, { id });
  expect(errors).toEqual([]);
  return data;
}

/** The internal id behind a global one. */
export function keyOf(id: string): number {
  return fromGlobalId(id)?.id ?? 0;
}

/** What the events of a destination tell of its health, oldest first. */
export async function listToldHealth(db: Db, id: string): Promise<unknown[]> {
  return await db
    .selectFrom('state_event')
    .select('health')
    .where('destination_id', '=', keyOf(id))
    .orderBy('position')
    .execute();
}
