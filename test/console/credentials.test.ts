/** Credentials in a browser: made, refused while in use, deleted. */
import { expect, test } from 'vitest';
import { startTestApp } from '../support/app.js';
import { openConsole, signIn } from '../support/browser.js';
import { Frontend } from '../support/frontend.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();

test('a credential is made and deleted by clicks; one that a destination uses stays', async () => {
  await using app = await startTestApp({ connection: database.connection });
  const frontend = new Frontend(app.url, app.apiKey);
  await frontend.createSegments(['vip']);
  await frontend.setUp({ stream: 'profiles', segmentIds: ['vip'], attributes: [] });
  await using opened = await openConsole();
  const { page } = opened;

  await page.goto(`${app.url}/credentials`);
  await signIn(opened, app.apiKey);
  await page.getByRole('article', { name: 'key of profiles' }).waitFor();
  await page.getByRole('button', { name: 'New credential' }).click();
  await page.getByLabel('Access key id').fill('AKIAIOSFODNN7SECOND0');
  await page.getByLabel('Secret access key').fill('wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY00');
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('spare');
  const barriers = await opened.findBarriers();
  await page.getByRole('button', { name: 'Create credential' }).click();
  await page.getByRole('article', { name: 'spare' }).getByText('Never used').waitFor();
  await opened.takePicture('credentials');
  for (const name of ['key of profiles', 'spare']) {
    await page.getByRole('button', { name: `Delete ${name}` }).click();
    await page.getByLabel(`Type ${name} to go on`).fill(name);
    await page.getByRole('button', { name: 'Delete the credential' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  }
  await page.getByText('Nothing was changed').waitFor();
  await page.getByRole('article', { name: 'spare' }).waitFor({ state: 'detached' });

  expect(await page.getByRole('article').count()).toBe(1);
  expect(barriers).toEqual([]);
  expect(opened.faults).toEqual([]);
}, 120_000);
