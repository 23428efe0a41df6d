import { auditServer } from 'graphql-http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ connection: database.connection });
});
afterAll(() => app?.[Symbol.asyncDispose]());

test('GraphQL over HTTP keeps every rule of the specification that is a MUST', async () => {
  const fetchFn = (url: string, init: RequestInit = {}) =>
    fetch(url, { ...init, headers: { ...Object(init.headers), authorization: `Bearer ${app.apiKey}` } });

  const results = await auditServer({ url: `${app.url}/graphql`, fetchFn });

  const failures = results.filter(({ status }) => status !== 'ok');
  expect(results).toHaveLength(61);
  expect(failures.filter(({ status }) => status === 'error')).toEqual([]);
  // Apollo answers these with 400 instead of 200, so that logs and proxies see that they failed.
  expect(failures.map(({ id }) => id)).toEqual(['572B', 'FDE2', '7B9B']);
});
