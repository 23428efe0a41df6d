/** The wizard's choice of a credential, in a browser: what was chosen stays chosen, whichever page of the list is shown, and a failure shows. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { startTestApp, type TestApp } from '../support/app.js';
import { openConsole, signIn } from '../support/browser.js';
import { Frontend } from '../support/frontend.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
let app: TestApp;
let frontend: Frontend;
let ids: string[];

beforeAll(async () => {
  app = await startTestApp({ connection: database.connection });
  frontend = new Frontend(app.url, app.apiKey);
  ids = await createCredentials();
}, 60_000);

afterAll(() => app[Symbol.asyncDispose]());

/** Two more than a page shows. */
const MANY = 52;
const Made = z.object({ credential: z.object({ id: z.string() }) });

/** Adds credentials `key-00` and so on. @returns their ids. */
async function createCredentials(): Promise<string[]> {
  const secret = { kind: 'ACCESS_KEY', accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'w'.repeat(40) };
  const ids: string[] = [];
  for (let number = 0; number < MANY; number += 1) {
    const value = { ...secret, name: `key-${String(number).padStart(2, '0')}` };
    const input = { type: 'CreateCredentialInput', value };
    ids.push(Made.parse(await frontend.mutate('createCredential', input, '{ credential { id } }')).credential.id);
  }
  return ids;
}

test('a credential stays chosen beyond its page of the list, and once it is gone no other takes its place', async () => {
  await using opened = await openConsole();
  const { page } = opened;
  const checked = (name: string) => page.getByRole('radio', { name }).and(page.locator(':checked'));
  const goOn = page.getByRole('button', { name: 'Continue', exact: true });
  const readChosen = () => page.evaluate(`sessionStorage.getItem('tributary.draft.connect.AMAZON_KINESIS')`);

  await page.goto(`${app.url}/destinations/new/AMAZON_KINESIS`);
  await signIn(opened, app.apiKey);
  await checked('key-00').waitFor();
  await page.getByRole('button', { name: 'Next page' }).click();
  await page.getByRole('radio', { name: 'key-51' }).check();
  await goOn.click();
  await page.getByRole('button', { name: 'Authentication' }).click();
  await page.getByRole('radio', { name: 'key-00' }).waitFor();
  await checked('key-51').waitFor();
  await page.getByRole('button', { name: 'Next page' }).click();
  await page.getByRole('radio', { name: 'key-00' }).waitFor({ state: 'detached' });
  await checked('key-51').waitFor();
  const shown = await page.getByRole('radio', { name: 'key-51' }).count();
  await page.getByRole('button', { name: 'First page' }).click();
  await page.getByRole('radio', { name: 'key-00' }).waitFor();
  await goOn.click();
  await page.getByLabel('Region').waitFor();
  const chosen = await readChosen();
  await frontend.mutate('deleteCredential', { type: 'DeleteCredentialInput', value: { id: ids[51] } }, '{ deletedId }');
  await page.goto(`${app.url}/destinations/new/AMAZON_KINESIS`);
  await page.getByRole('radio', { name: 'key-00' }).waitFor();
  const othersChecked = await page.getByRole('radio').and(page.locator(':checked')).count();
  const canGoOn = await goOn.isEnabled();
  await page.getByRole('radio', { name: 'key-01' }).check();
  await goOn.click();
  await page.getByLabel('Region').waitFor();

  expect(shown).toBe(1);
  expect(chosen).toContain(ids[51]);
  expect([othersChecked, canGoOn]).toEqual([0, false]);
  expect(await readChosen()).toContain(ids[1]);
  expect(opened.faults).toEqual([]);
}, 240_000);

/** What the server answers to what it cannot do just now. */
const FAILED = { errors: [{ message: 'The database does not answer.', extensions: { requestId: 'r-1' } }] };

test('a list of credentials that fails shows why, and is asked for again; so is the credential that was chosen', async () => {
  await using opened = await openConsole();
  const { page } = opened;
  let failing = 'query PickCredential(';
  await page.route('**/graphql', (route) =>
    failing && route.request().postData()?.includes(failing) ? route.fulfill({ json: FAILED }) : route.continue(),
  );
  const fault = page.getByText('The database does not answer.');
  const retry = async () => {
    failing = '';
    await page.getByRole('button', { name: 'Try again' }).click();
    await fault.waitFor({ state: 'detached' });
  };

  await page.goto(`${app.url}/destinations/new/AMAZON_KINESIS`);
  await signIn(opened, app.apiKey);
  await fault.waitFor();
  const isLoading = await page.getByLabel('Loading').isVisible();
  await retry();
  await page.getByRole('button', { name: 'Next page' }).click();
  await page.getByRole('radio', { name: 'key-50' }).check();
  await page.getByRole('button', { name: 'Continue', exact: true }).click();
  await page.getByLabel('Region').waitFor();
  failing = 'query ChosenCredential(';
  await page.goto(`${app.url}/destinations/new/AMAZON_KINESIS`);
  await fault.waitFor();
  const othersChecked = await page.getByRole('radio').and(page.locator(':checked')).count();
  await retry();
  await page.getByRole('radio', { name: 'key-50' }).and(page.locator(':checked')).waitFor();

  expect({ isLoading, othersChecked }).toEqual({ isLoading: false, othersChecked: 0 });
  expect(opened.faults).toEqual([]);
}, 240_000);
