/** In a browser: the first field that was refused takes the focus, whatever asks for it, and screen readers say so. */
import { expect, test } from 'vitest';
import { startTestApp } from '../support/app.js';
import { openConsole, signIn } from '../support/browser.js';
import { Frontend } from '../support/frontend.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();

/** What the server answers to an input with these faults. */
const refuse = (names: readonly string[]) => ({
  __typename: 'InvalidInputError',
  code: 'INVALID_INPUT',
  message: 'No.',
  path: ['input'],
  issues: names.map((name) => ({ code: 'INVALID_INPUT', message: 'Not this.', path: ['input', ...name.split('.')] })),
});

/** In a browser: what is said of the fault where the focus is; of a radio button, its group is what is at fault. */
const TOLD_FAULT = `(document.activeElement.closest('[aria-invalid=true]')?.getAttribute('aria-describedby') ?? '')
  .split(' ').map((id) => document.getElementById(id)?.textContent).includes('Not this.')`;

test('a refused choice, switch or list of texts takes the focus as a text does, and is told to be at fault', async () => {
  await using app = await startTestApp({ connection: database.connection });
  await using opened = await openConsole();
  const { page } = opened;
  const press = (name: string) => page.getByRole('button', { name, exact: true }).press('Enter');
  let refused: string[] = [];
  await page.route('**/graphql', (route) => {
    if (!route.request().postData()?.includes('mutation CreateKinesisDestination(')) return route.continue();
    return route.fulfill({ json: { data: { createKinesisDestination: refuse(refused) } } });
  });
  await new Frontend(app.url, app.apiKey).mutate(
    'createCredential',
    {
      type: 'CreateCredentialInput',
      value: { kind: 'ACCESS_KEY', name: 'key', accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'w'.repeat(40) },
    },
    '{ credential { id } }',
  );
  await page.goto(`${app.url}/destinations/new/AMAZON_KINESIS`);
  await signIn(opened, app.apiKey);
  await press('Continue');
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Refused');
  await page.getByLabel('Region').fill('us-east-1');
  await page.getByRole('combobox', { name: 'Stream' }).fill('profiles');

  const told: unknown[] = [];
  for (const [faults, target] of [
    [['consent.path', 'partitionKey.strategy'], page.getByRole('radio', { name: 'Profile id' })],
    [['includeSegmentNames', 'consent.path'], page.getByRole('switch', { name: 'Include segment names' })],
    [['consent.permittedValues'], page.getByLabel('Permitting values')],
    [['consent.path'], page.getByLabel('Consent attribute')],
  ] as const) {
    refused = [...faults];
    await press('Continue to the test');
    await page.getByText('The test passed').waitFor();
    await press('Create destination');
    await target.and(page.locator(':focus')).waitFor();
    told.push(await page.evaluate(TOLD_FAULT));
  }

  expect(told).toEqual([true, true, true, true]);
  expect(await opened.findBarriers()).toEqual([]);
  expect(opened.faults).toEqual([]);
}, 120_000);
