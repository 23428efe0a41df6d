/** In a browser: an answer that comes once the reader is elsewhere leads nobody back. */
import type { Page, Request } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.js';
import { type ConsolePage, openConsole, signIn } from '../support/browser.js';
import { Frontend } from '../support/frontend.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ connection: database.connection });
  const value = { kind: 'ACCESS_KEY', name: 'k', accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'w'.repeat(40) };
  const input = { type: 'CreateCredentialInput', value };
  await new Frontend(app.url, app.apiKey).mutate('createCredential', input, '{ credential { id } }');
});

afterAll(() => app[Symbol.asyncDispose]());

const REFUSED = { __typename: 'InvalidInputError', code: 'INVALID_INPUT', message: 'No.', path: ['input'], issues: [] };
/** In a browser: resolves when what was answered has been drawn. */
const DRAWN = 'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(null))))';

/** Keeps the answer to a mutation back. @returns what lets it through: the server's, or the one given. */
async function holdAnswer(page: Page, mutation: string): Promise<(data?: object) => Promise<void>> {
  const isMeant = (request: Request) => request.postData()?.includes(`mutation ${mutation}(`) === true;
  let open = (_data?: object) => {};
  const opening = new Promise<object | undefined>((resolve) => {
    open = resolve;
  });
  await page.route('**/graphql', async (route) => {
    if (!isMeant(route.request())) return await route.continue();
    const data = await opening;
    return await (data ? route.fulfill({ json: { data } }) : route.continue());
  });
  return async (data) => {
    const answered = page.waitForResponse((response) => isMeant(response.request()));
    open(data);
    await (await answered).finished();
    await page.evaluate(DRAWN);
  };
}

/** Opens the wizard, signed in. @returns what lets the answer to a mutation through, as {@link holdAnswer}. */
async function openWizard(opened: ConsolePage, mutation: string) {
  const letThrough = await holdAnswer(opened.page, mutation);
  await opened.page.goto(`${app.url}/destinations/new/AMAZON_KINESIS`);
  await signIn(opened, app.apiKey);
  return letThrough;
}

async function fillWizard(page: Page) {
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Orders');
  await page.getByLabel('Region').fill('us-east-1');
  await page.getByRole('combobox', { name: 'Stream' }).fill('profiles');
  await page.getByRole('button', { name: 'Continue to the test' }).click();
}

async function leave(page: Page) {
  await page.getByRole('link', { name: 'Overview' }).first().click();
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
}

test('a test that is refused once the wizard was left leaves the reader where they are', async () => {
  await using opened = await openConsole();
  const { page } = opened;
  const letThrough = await openWizard(opened, 'TestKinesisSettings');
  await fillWizard(page);
  await page.getByText('Asking AWS', { exact: false }).waitFor();

  await leave(page);
  await letThrough({ testKinesisSettings: REFUSED });

  expect(page.url()).toBe(`${app.url}/`);
  expect(await page.getByRole('heading', { name: 'Overview' }).isVisible()).toBe(true);
}, 120_000);

test('a destination that is made once the wizard was left is told of, and leads nobody to it', async () => {
  await using opened = await openConsole();
  const { page } = opened;
  const letThrough = await openWizard(opened, 'CreateKinesisDestination');
  await fillWizard(page);
  await page.getByText('The test passed').waitFor();
  await page.getByRole('button', { name: 'Create destination' }).click();

  await leave(page);
  await letThrough();
  await page.getByText('Orders is connected').waitFor();

  expect(page.url()).toBe(`${app.url}/`);
  expect(await page.evaluate('Object.keys(sessionStorage)')).toEqual(['tributary.apiKey']);
}, 120_000);

test('a credential that is made once the wizard was left changes neither the address nor the choice', async () => {
  await using opened = await openConsole();
  const { page } = opened;
  const letThrough = await openWizard(opened, 'CreateCredential');
  await page.getByRole('radio', { name: 'A new credential' }).check();
  await page.getByLabel('Access key id').fill('AKIAIOSFODNN7EXAMPLE');
  await page.getByLabel('Secret access key').fill('w'.repeat(40));
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('late key');
  await page.getByRole('button', { name: 'Create credential and continue' }).click();

  await leave(page);
  await letThrough();

  expect(page.url()).toBe(`${app.url}/`);
  expect(await page.evaluate('Object.keys(sessionStorage)')).toEqual(['tributary.apiKey']);
}, 120_000);
