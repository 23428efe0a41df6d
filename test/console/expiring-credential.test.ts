/** The console in a browser: a credential that expires soon is among what needs attention. */
import { expect, test } from 'vitest';
import { startTestApp } from '../support/app.js';
import { openConsole, signIn } from '../support/browser.js';
import { Frontend } from '../support/frontend.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();

test('the overview lists a credential that expires soon, once for all its destinations, and leads to it', async () => {
  await using app = await startTestApp({ connection: database.connection });
  const frontend = new Frontend(app.url, app.apiKey);
  await frontend.createSegments(['vip']);
  await frontend.setUp({ stream: 'profiles', segmentIds: ['vip'], attributes: [] });
  const { credentials } = Object(await frontend.run('{ credentials { nodes { id name version } } }'));
  const { id, name, version: expectedVersion } = credentials.nodes[0];
  await frontend.run(`mutation ($input: UpdateCredentialInput!) { updateCredential(input: $input) { __typename } }`, {
    input: { id, expectedVersion, expiresAt: new Date(Date.now() + 3 * 86_400_000).toISOString() },
  });
  await frontend.run(
    `mutation ($input: CreateKinesisDestinationInput!) { createKinesisDestination(input: $input) { __typename } }`,
    { input: { name: 'second', region: 'us-east-1', stream: 'profiles', credentialId: id } },
  );
  await using opened = await openConsole();
  const { page } = opened;

  await page.goto(app.url);
  await signIn(opened, app.apiKey);
  const attention = page.getByRole('alert').filter({ hasText: 'Needs attention' });
  await attention.getByText('Rotate the credential').waitFor();
  await page.getByRole('article', { name: 'second' }).waitFor();
  const listed = await attention.getByRole('listitem').count();
  const barriers = await opened.findBarriers();
  await opened.takePicture('overview-expiring');
  await attention.getByRole('link', { name: `Credential ${name}` }).click();
  await page.getByRole('heading', { name: 'Credentials' }).waitFor();

  expect(listed).toBe(1);
  expect(barriers).toEqual([]);
  expect(opened.faults).toEqual([]);
}, 120_000);
