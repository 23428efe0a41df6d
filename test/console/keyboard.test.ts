/** The console with the keyboard alone, also where the window is as narrow as a telephone. */
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.js';
import { openConsole, signIn, tabTo } from '../support/browser.js';
import { Frontend } from '../support/frontend.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

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
  await page.getByRole('heading', { name: 'Segments' }).and(page.locator(':focus')).waitFor();

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

test('another view begins at its heading; a tab, a choice and the first view leave the focus where it is', async () => {
  const frontend = new Frontend(app.url, app.apiKey);
  await frontend.createSegments(['silver', 'bronze']);
  const made = await frontend.setUp({ stream: 'profiles', segmentIds: ['silver'], attributes: [] });
  await using opened = await openConsole();
  const { page } = opened;
  const untilFocused = (target: Locator) => target.and(page.locator(':focus')).waitFor();
  const untilBegun = (name: string) => untilFocused(page.getByRole('heading', { level: 1, name, exact: true }));
  const follow = (name: string) => page.getByRole('link', { name, exact: true }).first().press('Enter');
  await page.goto(`${app.url}/segments`);
  await signIn(opened, app.apiKey);
  await untilBegun('Segments');

  await page.reload();
  await page.getByRole('link', { name: 'silver' }).waitFor();
  const focusedFirst = await page.evaluate('document.activeElement.tagName');
  await follow('silver');
  await untilBegun('silver');
  await follow('Segments');
  await untilBegun('Segments');
  await follow('bronze');
  await untilBegun('bronze');
  await page.getByRole('button', { name: 'Delete' }).focus();
  await page.evaluate('history.go(-2)');
  await untilBegun('silver');
  await page.goBack();
  await untilBegun('Segments');
  await follow('Exports');
  await untilBegun('Exports');
  const state = page.getByRole('combobox', { name: 'State' });
  await state.press('Enter');
  await page.getByRole('option', { name: 'Running' }).waitFor();
  // A key that comes before the list listens is lost.
  await until(async () => {
    await page.keyboard.press('ArrowDown');
    expect(await page.locator('[role=option][data-combobox-selected]').count()).toBe(1);
  });
  await page.keyboard.press('Enter');
  await page.waitForURL('**/exports?state=*');
  const keptByChoice = await state.and(page.locator(':focus')).count();
  await page.goBack();
  await page.waitForURL('**/exports');
  const keptByQuery = await state.and(page.locator(':focus')).count();
  await page.goto(`${app.url}/destinations/${made.destinationId}`);
  const tab = page.getByRole('tab', { name: 'Settings' });
  await tab.press('Enter');
  await page.getByRole('combobox', { name: 'Stream' }).waitFor();
  const keptByTab = await tab.and(page.locator(':focus')).count();
  await page.getByRole('button', { name: 'Sign out' }).press('Enter');
  await untilBegun('Tributary');

  expect(focusedFirst).toBe('BODY');
  expect({ keptByChoice, keptByQuery, keptByTab }).toEqual({ keptByChoice: 1, keptByQuery: 1, keptByTab: 1 });
  expect(opened.faults).toEqual([]);
}, 120_000);
