/** The wizard in a browser: from the catalogue to a tested destination, with every mistake shown where it was made. */
import { expect, test } from 'vitest';
import { startTestApp } from '../support/app.js';
import { openConsole, signIn } from '../support/browser.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();

test('a destination is connected by clicks: faults land on their fields, and the test shows what to mend', async () => {
  await using app = await startTestApp({ connection: database.connection });
  await using opened = await openConsole();
  const { page } = opened;
  const barriers: string[] = [];

  await page.goto(app.url);
  await signIn(opened, app.apiKey);
  await page.getByRole('link', { name: 'Connect the first destination' }).click();
  await page.getByRole('link', { name: 'Set up Amazon Kinesis' }).click();

  await page.getByLabel('Access key id').fill('AKIA lower');
  await page.getByRole('button', { name: 'Create credential and continue' }).click();
  await page.getByText('This does not have the right form.').waitFor();
  barriers.push(...(await opened.findBarriers()));
  await page.getByLabel('Access key id').fill('AKIAIOSFODNN7EXAMPLE');
  await page.getByLabel('Secret access key').fill('wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY00');
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('export user');
  await opened.takePicture('connect-authentication');
  await page.getByRole('button', { name: 'Create credential and continue' }).click();

  await page.getByLabel('Region').fill('us-east-1');
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Profiles');
  await page.getByText('Streams found: 1.').waitFor();
  await page.getByRole('combobox', { name: 'Stream' }).fill('missing');
  await page.getByRole('radio', { name: 'Attribute' }).check();
  await page.getByRole('button', { name: 'Continue to the test' }).click();
  await page.getByText('This is needed.').waitFor();
  await page.getByLabel('Taken from').fill('person..country');
  barriers.push(...(await opened.findBarriers()));
  await opened.takePicture('connect-setup');
  await page.getByRole('button', { name: 'Continue to the test' }).click();

  await page.getByText('The test did not pass').waitFor();
  await page.getByText('Create the stream', { exact: false }).first().waitFor();
  barriers.push(...(await opened.findBarriers()));
  await opened.takePicture('connect-test-failed');
  await page.getByRole('button', { name: 'Back to the settings' }).click();
  await page.getByRole('combobox', { name: 'Stream' }).fill('');
  await page.getByRole('option', { name: 'profiles' }).click();
  await page.getByRole('button', { name: 'Continue to the test' }).click();
  await page.getByText('The test passed').waitFor();
  await page.getByRole('button', { name: 'Create destination' }).click();
  await page.getByText('has an empty part', { exact: false }).waitFor();
  await opened.takePicture('connect-refused');
  await page.getByRole('radio', { name: 'Profile id' }).check();
  await page.getByRole('button', { name: 'Continue to the test' }).click();
  await page.getByText('The test passed').waitFor();
  await opened.takePicture('connect-test-passed');
  await opened.narrow();
  await page.getByRole('button', { name: 'Create destination' }).click();

  await page.getByRole('heading', { name: 'Profiles' }).waitFor();
  await page.getByText('None yet: activate segments').waitFor();
  expect(barriers).toEqual([]);
  expect(opened.faults).toEqual([]);
}, 240_000);
