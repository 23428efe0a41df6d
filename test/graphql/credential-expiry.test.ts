/** The warning before a credential expires, as clients read it. */

import { expect, test } from 'vitest';
import { ACCESS_KEY_ID, createCredential, createDestination, SECRET } from '../support/destination-seed.js';
import { createTestEdge } from '../support/graphql-client.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();

test('a destination shows that its credential expires within 14 days, with the remedy, until that is corrected', async () => {
  const edge = await createTestEdge(database.db);
  const credentialId = await createCredential(edge, { expiresAt: inDays(13) });
  const id = await createDestination(edge, credentialId);
  const read = async () => {
    const query = 'query ($id: ID!) { destination(id: $id) { credential { warning { code kind remedy } } } }';
    const { data } = await edge.execute(query, { id });
    return data.destination.credential.warning;
  };
  const before = await read();

  const { data } = await edge.execute(
    `mutation ($input: UpdateCredentialInput!) {
      updateCredential(input: $input) { ... on UpdateCredentialSuccess { credential { warning { code } } } }
    }`,
    { input: { id: credentialId, expectedVersion: 1, expiresAt: inDays(15) } },
  );

  expect(before).toEqual({
    code: 'CREDENTIAL_EXPIRING',
    kind: 'WARNING',
    remedy: expect.stringContaining('Rotate the credential'),
  });
  expect(data.updateCredential).toEqual({ credential: { warning: null } });
  expect(await read()).toBeNull();
});

test('a rotation to a secret without expiry ends the warning', async () => {
  const edge = await createTestEdge(database.db);
  const id = await createCredential(edge, { expiresAt: inDays(-1) });

  const { data } = await edge.execute(
    `mutation ($input: RotateCredentialInput!) {
      rotateCredential(input: $input) { ... on RotateCredentialSuccess { credential { warning { code } } } }
    }`,
    { input: { id, expectedVersion: 1, accessKeyId: ACCESS_KEY_ID, secretAccessKey: SECRET } },
  );

  expect(data.rotateCredential).toEqual({ credential: { warning: null } });
});

test('the catalogue has the warning under its kind', async () => {
  const edge = await createTestEdge(database.db);

  const { data } = await edge.execute('{ errorCodes(kinds: [WARNING]) { code retryable } }');

  expect(data.errorCodes).toContainEqual({ code: 'CREDENTIAL_EXPIRING', retryable: false });
});
