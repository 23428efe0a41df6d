/** Flows of several steps in a browser: the step is part of the address, and what was chosen outlives a reload. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.js';
import { openConsole, signIn } from '../support/browser.js';
import { Frontend, generateProfiles } from '../support/frontend.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const database = useTestDatabase();
let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ connection: database.connection });
});

afterAll(() => app[Symbol.asyncDispose]());

const SECRET = 'wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY00';
/** In a browser: everything that the tab keeps. */
const KEPT = 'JSON.stringify(Object.entries(sessionStorage))';

/** What is shown may come before the address that goes with it, or after. @param step null for the first. */
async function untilStep(page: Page, step: string | null) {
  await until(() => expect(new URL(page.url()).searchParams.get('step')).toBe(step));
}

/** Adds a credential beside those of other tests. */
async function createCredential(name: string) {
  const value = { kind: 'ACCESS_KEY', name, accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: SECRET };
  const input = { type: 'CreateCredentialInput', value };
  await new Frontend(app.url, app.apiKey).mutate('createCredential', input, '{ credential { id } }');
}

test('the wizard goes back and forward with the browser, outlives a reload, and keeps no secret', async () => {
  await createCredential('another user');
  await using opened = await openConsole();
  const { page } = opened;
  const wizard = `${app.url}/destinations/new/AMAZON_KINESIS`;
  const name = page.getByRole('textbox', { name: 'Name', exact: true });

  await page.goto(`${wizard}?step=test`);
  await signIn(opened, app.apiKey);
  await page.getByRole('radio', { name: 'A new credential' }).check();
  await page.getByLabel('Access key id').fill('AKIAIOSFODNN7EXAMPLE');
  await untilStep(page, null);
  await page.getByLabel('Secret access key').fill(SECRET);
  await name.fill('export user');
  await page.getByRole('button', { name: 'Create credential and continue' }).click();
  await page.getByLabel('Region').fill('us-east-1');
  await name.fill('Orders');
  await page.reload();
  await name.and(page.locator('[value=Orders]')).waitFor();
  const kept = String(await page.evaluate(KEPT));
  await page.goto(`${wizard}?step=test`);
  await page.getByLabel('Region').and(page.locator('[value=us-east-1]')).waitFor();
  await untilStep(page, 'setup');
  await page.getByRole('combobox', { name: 'Stream' }).fill('profiles');
  await page.getByRole('button', { name: 'Continue to the test' }).click();
  await page.getByText('The test passed').waitFor();
  await untilStep(page, 'test');
  await page.goBack();
  await page.getByRole('button', { name: 'Continue to the test' }).waitFor();
  await page.getByRole('button', { name: 'Authentication' }).click();
  await page.getByRole('radio', { name: 'export user' }).and(page.locator(':checked')).waitFor();
  await untilStep(page, null);
  await page.goBack();
  await page.getByRole('button', { name: 'Continue to the test' }).click();
  await page.getByText('The test passed').waitFor();
  await page.reload();
  await page.getByText('The test passed').waitFor();
  await page.getByRole('button', { name: 'Create destination' }).click();
  await page.getByRole('heading', { name: 'Orders' }).waitFor();
  const left = String(await page.evaluate(KEPT));
  await page.goBack();
  await page.getByRole('radio', { name: 'A new credential' }).waitFor();
  await untilStep(page, null);

  expect(kept).toContain('us-east-1');
  expect(kept).not.toContain(SECRET);
  expect(left).not.toContain('Orders');
  expect(opened.faults).toEqual([]);
}, 240_000);

test('what AWS refuses leads back to the settings, and back from there to no second test; signing out forgets', async () => {
  await createCredential('refused user');
  await using opened = await openConsole();
  const { page } = opened;
  const name = page.getByRole('textbox', { name: 'Name', exact: true });

  await page.goto(`${app.url}/destinations/new/AMAZON_KINESIS`);
  await signIn(opened, app.apiKey);
  await page.getByRole('radio', { name: 'refused user' }).check();
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByLabel('Region').fill('us-east-1');
  await name.fill('Orders');
  await page.getByRole('combobox', { name: 'Stream' }).fill('profiles');
  await page.getByRole('radio', { name: 'Attribute' }).check();
  await page.getByLabel('Taken from').fill('person..country');
  await page.getByRole('button', { name: 'Continue to the test' }).click();
  await page.getByRole('button', { name: 'Create destination' }).click();
  await page.getByText('has an empty part', { exact: false }).waitFor();
  await untilStep(page, 'setup');
  // Had the test an entry of its own before this, the second step back would not lead to the beginning.
  await page.goBack();
  await untilStep(page, 'setup');
  await page.goBack();
  await untilStep(page, null);
  await page.goForward();
  await untilStep(page, 'setup');
  await page.evaluate(`sessionStorage.setItem('of.another.page', 'stays')`);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('API key').waitFor();
  const kept = String(await page.evaluate(KEPT));
  await signIn(opened, app.apiKey);
  await page.getByRole('radio', { name: 'A new credential' }).waitFor();
  await untilStep(page, null);

  expect(JSON.parse(kept)).toEqual([['of.another.page', 'stays']]);
  expect(opened.faults).toEqual([]);
}, 120_000);

test('a draft that cannot be read, and one of an older console, begin anew', async () => {
  await using opened = await openConsole();
  const { page } = opened;
  const wizard = `${app.url}/destinations/new/AMAZON_KINESIS`;
  await page.goto(wizard);
  await signIn(opened, app.apiKey);
  const credential = page.getByRole('button', { name: 'Create credential and continue' });
  const next = credential.or(page.getByRole('button', { name: 'Continue', exact: true }));
  await next.waitFor();

  for (const text of ['{"name":', '{"name":1}']) {
    await page.evaluate(`sessionStorage.setItem('tributary.draft.connect.AMAZON_KINESIS', ${JSON.stringify(text)})`);
    await page.goto(`${wizard}?step=setup`);
    await next.waitFor();
    await untilStep(page, null);
  }

  expect(opened.faults).toEqual([]);
}, 120_000);

test('an activation goes back and forward with the browser, and its choices outlive a reload until it starts', async () => {
  const frontend = new Frontend(app.url, app.apiKey);
  await frontend.createSegments(['vip', 'new']);
  await frontend.ingest('profiles', generateProfiles(20, ['vip', 'new']));
  const made = await frontend.setUp({ stream: 'profiles', segmentIds: ['new'], attributes: [] });
  await using opened = await openConsole();
  const { page } = opened;
  const flow = `${app.url}/destinations/${made.destinationId}/activate`;
  const goOn = page.getByRole('button', { name: 'Continue' });

  await page.goto(`${flow}?step=review`);
  await signIn(opened, app.apiKey);
  const search = page.getByLabel('Search segments');
  await untilStep(page, null);
  await search.fill('vi');
  await page.getByLabel('new', { exact: true }).waitFor({ state: 'detached' });
  const searched = page.url();
  await page.reload();
  await search.and(page.locator('[value=vi]')).waitFor();
  await page.getByLabel('vip', { exact: true }).check();
  const found = await page.getByRole('checkbox').count();
  await goOn.click();
  await untilStep(page, 'attributes');
  await page.getByRole('button', { name: 'Back', exact: true }).click();
  await search.and(page.locator('[value=vi]')).waitFor();
  await goOn.click();
  await page.getByRole('checkbox', { name: 'tier' }).check();
  await goOn.click();
  await page.getByRole('radio', { name: 'Members since a time' }).check();
  await untilStep(page, 'options');
  const unfilled = await goOn.isDisabled();
  await page.goto(`${flow}?step=review`);
  await page.getByLabel(/^Since/).waitFor();
  await untilStep(page, 'options');
  await page.getByRole('radio', { name: 'All present members' }).check();
  await page.getByRole('textbox', { name: 'Most records a second' }).fill('500');
  await goOn.click();
  await page.getByText('Delivered at once: all present members, at most 500 records a second').waitFor();
  await page.reload();
  await page.getByText('Segments: vip').waitFor();
  await page.getByText('Attributes: tier').waitFor();
  await untilStep(page, 'review');
  await page.goBack();
  await page.getByRole('radio', { name: 'All present members' }).and(page.locator(':checked')).waitFor();
  await page.goForward();
  await page.getByRole('button', { name: 'Activate', exact: true }).click();
  await page.getByRole('heading', { name: 'Backfill export' }).waitFor();
  await page.goBack();
  await page.getByLabel('vip', { exact: true }).waitFor();
  await untilStep(page, null);

  expect(searched).toBe(`${flow}?search=vi`);
  expect(found).toBe(1);
  expect(unfilled).toBe(true);
  expect(await page.getByLabel('vip', { exact: true }).isChecked()).toBe(false);
  expect(opened.faults).toEqual([]);
}, 240_000);
