/** What the audit log says of where a request came from, over real HTTP. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ connection: database.connection });
});
afterAll(() => app?.[Symbol.asyncDispose]());

test('an entry has the address, the request id of the answer, and the API key', async () => {
  const { requestId } = await app.graphql(
    'mutation { createSegment(input: { segmentId: "s", name: "S" }) { __typename } }',
  );

  const { data } = await app.graphql('{ auditEntries { nodes { action ipAddress requestId apiKey { name role } } } }');

  expect(data).toEqual({
    auditEntries: {
      nodes: [
        { action: 'createSegment', ipAddress: '127.0.0.1', requestId, apiKey: { name: 'first key', role: 'ADMIN' } },
      ],
    },
  });
});
