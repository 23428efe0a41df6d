/** The console with the keyboard alone, also where the window is as narrow as a telephone. */
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.js';
import { openConsole, signIn, tabTo } from '../support/browser.js';
import { Frontend } from '../support/frontend.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ connection: database.connection });
  await new Frontend(app.url, app.apiKey).createSegments(['vip']);
});

afterAll(() => app[Symbol.asyncDispose]());

/** More than the view has places for the focus. */
const STEPS = 20;
/** In a browser: what has the focus and is beside the window. */
const FOCUSED_OUT_OF_SIGHT = `(() => {
  const { left, right } = document.activeElement.getBoundingClientRect();
  return right <= 0 || left >= innerWidth ? document.activeElement.textContent : null;
})()`;
/** In a browser: how many things move just now, or come into view by and by. Colours may fade. */
const MOVING = `document.getAnimations().filter(({ transitionProperty }) =>
  ['transform', 'opacity'].includes(transitionProperty)).length`;

async function tabOutOfSight(page: Page): Promise<unknown[]> {
  const found: unknown[] = [];
  for (let step = 0; step < STEPS; step += 1) {
    await page.keyboard.press('Tab');
    found.push(await page.evaluate(FOCUSED_OUT_OF_SIGHT));
  }
  return found.filter((text) => text !== null);
}

test('the focus skips what stands before the view, and never goes into a menu that is closed', async () => {
  await using opened = await openConsole();
  const { page } = opened;
  await page.goto(`${app.url}/segments`);
  await signIn(opened, app.apiKey);
  await page.getByRole('link', { name: 'vip' }).waitFor();

  await page.reload();
  await page.getByRole('link', { name: 'vip' }).waitFor();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  const afterSkip = await page.evaluate('document.activeElement.textContent');
  await opened.narrow();
  const outOfSight = await tabOutOfSight(page);
  await tabTo(opened, page.getByRole('button', { name: 'Menu' }));
  await page.keyboard.press('Enter');
  await tabTo(opened, page.getByRole('link', { name: 'Exports' }));
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Exports' }).waitFor();

  expect(afterSkip).toBe('New segment');
  expect(outOfSight).toEqual([]);
  expect(new URL(page.url()).pathname).toBe('/exports');
  expect(await page.getByRole('navigation', { name: 'Views' }).isVisible()).toBe(false);
}, 120_000);

test('what ends a thing asks for its name each time, and takes it with the Enter key', async () => {
  await using opened = await openConsole();
  const { page } = opened;
  const named = page.getByLabel('Type vip to go on');
  await page.goto(`${app.url}/segments/vip`);
  await signIn(opened, app.apiKey);
  const ask = page.getByRole('button', { name: 'Delete' });

  await ask.press('Enter');
  await named.and(page.locator(':focus')).waitFor();
  await page.keyboard.type('vi');
  await page.keyboard.press('Enter');
  await page.keyboard.type('p');
  await page.keyboard.press('Escape');
  await named.waitFor({ state: 'detached' });
  await ask.and(page.locator(':focus')).waitFor();
  await ask.press('Enter');
  await named.waitFor();
  const moving = await page.evaluate(MOVING);
  const typedAgain = await named.inputValue();
  await named.fill('vip');
  await page.keyboard.press('Enter');
  await page.getByText('No segment yet').waitFor();

  expect(typedAgain).toBe('');
  // The browsers of tests ask for less motion.
  expect(moving).toBe(0);
}, 120_000);

test('each step of a flow begins at its start, and what is refused takes the focus to its field', async () => {
  await using opened = await openConsole();
  const { page } = opened;
  const untilFocused = (target: Locator) => target.and(page.locator(':focus')).waitFor();
  const press = (name: string) => page.getByRole('button', { name, exact: true }).press('Enter');
  await new Frontend(app.url, app.apiKey).createSegments(['gold']);
  await opened.narrow();
  await page.goto(`${app.url}/destinations/new/AMAZON_KINESIS`);
  await signIn(opened, app.apiKey);
  const name = page.getByRole('textbox', { name: 'Name', exact: true });

  await name.fill('export user');
  await page.getByLabel('Secret access key').fill('wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY00');
  await press('Create credential and continue');
  await untilFocused(page.getByLabel('Access key id'));
  await page.keyboard.insertText('AKIAIOSFODNN7EXAMPLE');
  await press('Create credential and continue');
  await untilFocused(page.getByRole('region', { name: 'Set up' }));
  const scrolled = await page.evaluate('scrollY');
  await page.keyboard.press('Tab');
  await untilFocused(name);
  await page.keyboard.insertText('Orders');
  await page.getByLabel('Region').fill('us-east-1');
  await page.getByRole('combobox', { name: 'Stream' }).fill('profiles');
  await press('Continue to the test');
  await untilFocused(page.getByRole('region', { name: 'Test and create' }));
  await page.getByText('The test passed').waitFor();
  await press('Create destination');
  await page.getByRole('link', { name: 'Activate segments' }).press('Enter');
  await page.getByLabel('gold').check();
  await press('Continue');
  await untilFocused(page.getByRole('region', { name: 'Attributes' }));
  await page.keyboard.press('Tab');
  await untilFocused(page.getByRole('region', { name: 'Attributes' }).locator('input').first());
  await page.goBack();
  await untilFocused(page.getByRole('region', { name: 'Segments' }));

  expect(scrolled).toBe(0);
  expect(opened.faults).toEqual([]);
}, 120_000);
