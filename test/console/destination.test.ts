/** A destination in a browser: its health, its statistics, its settings, and its end. */
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.js';
import { openConsole, signIn } from '../support/browser.js';
import { Frontend, generateProfiles } from '../support/frontend.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();

async function connectStream(app: TestApp): Promise<string> {
  const frontend = new Frontend(app.url, app.apiKey);
  await frontend.createSegments(['vip']);
  await frontend.ingest('profiles', generateProfiles(50, ['vip']));
  const made = await frontend.setUp({ stream: 'profiles', segmentIds: ['vip'], attributes: ['tier'] });
  const started = await frontend.triggerExport(made.activationId);
  await frontend.untilFinished(started.id);
  return made.destinationId;
}

/** More than the dialog has places for the focus: it goes round. */
const STEPS_IN_DIALOG = 12;
/** In a browser; the parts of a field for a time match no `:focus`. */
const IS_IN_DIALOG = `document.querySelector('[role=dialog]').contains(document.activeElement)`;

/** Whether the focus was in the dialog after each step. */
async function tabThrough(page: Page, steps: number): Promise<unknown[]> {
  const focused: unknown[] = [];
  for (let step = 0; step < steps; step += 1) {
    await page.keyboard.press('Tab');
    focused.push(await page.evaluate(IS_IN_DIALOG));
  }
  return focused;
}

test('a destination shows how it does, and its settings are changed, disputed and ended by clicks', async () => {
  await using app = await startTestApp({ connection: database.connection });
  const destinationId = await connectStream(app);
  const frontend = new Frontend(app.url, app.apiKey);
  await using opened = await openConsole();
  const { page } = opened;
  const barriers: string[] = [];

  await page.goto(`${app.url}/destinations/${destinationId}?window=LAST_24_HOURS`);
  await signIn(opened, app.apiKey);
  await page.getByRole('article', { name: 'Activation of vip' }).waitFor();
  await page.getByText('Delivered 50, Failed 0, Skipped 0').waitFor();
  await page.getByText('100 % of 50: 50 delivered').waitFor();
  await page.getByRole('button', { name: 'Test now' }).click();
  await page.getByText('The test passed').waitFor();
  barriers.push(...(await opened.findBarriers()));
  await opened.takePicture('destination');
  await page.getByText('Access key ending in MPLE').waitFor();
  await page.getByRole('button', { name: 'Rotate key of profiles' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').getByLabel('Secret access key').waitFor();
  // The dialog takes the focus a moment after it is there, and gives it back a moment after it is gone.
  await page.locator('[role=dialog] :focus').waitFor();
  const focused = await tabThrough(page, STEPS_IN_DIALOG);
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.locator('button[aria-label="Rotate key of profiles"]:focus').waitFor();
  expect(focused).toEqual(Array(STEPS_IN_DIALOG).fill(true));
  await page.getByRole('article', { name: 'Activation of vip' }).getByRole('button', { name: 'Pause' }).click();
  await page.getByRole('article', { name: 'Activation of vip' }).getByText('Paused').waitFor();

  await page.getByRole('tab', { name: 'Settings' }).click();
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Orders of the shop');
  await page.getByRole('textbox', { name: 'Most records a second' }).fill('500');
  await frontend.mutate(
    'updateKinesisDestination',
    {
      type: 'UpdateKinesisDestinationInput',
      value: { id: destinationId, expectedVersion: 1, description: 'Ask the data team' },
    },
    '{ destination { id } }',
  );
  await page.getByRole('button', { name: 'Save the settings' }).click();
  await page.getByText('Somebody changed these settings meanwhile').waitFor();
  barriers.push(...(await opened.findBarriers()));
  await opened.takePicture('destination-conflict');
  await page.getByRole('button', { name: 'Save mine over theirs' }).click();
  await page.getByRole('heading', { name: 'Orders of the shop' }).waitFor();
  const saved = await frontend.run(
    'query($id: ID!) { destination(id: $id) { name description ... on KinesisDestination { maxRecordsPerSecond } } }',
    {
      id: destinationId,
    },
  );
  const shownRate = await page.getByRole('textbox', { name: 'Most records a second' }).inputValue();
  await page.getByRole('button', { name: 'Show the spread' }).click();
  await page.getByText('50 profiles, 0 of them').waitFor();
  await opened.takePicture('destination-settings');
  await opened.narrow();
  await page.getByRole('tab', { name: 'Summary' }).click();
  await page.getByRole('button', { name: 'End the activation of vip' }).click();
  await page.getByLabel('Type vip to go on').fill('vip');
  await page.getByRole('dialog').getByRole('button', { name: 'End the activation' }).click();
  await page.getByText('None yet: activate segments').waitFor();
  await page.getByRole('tab', { name: 'Settings' }).click();
  await page.getByRole('button', { name: 'Delete' }).click();
  await page.getByLabel('Type Orders of the shop to go on').fill('Orders of the shop');
  barriers.push(...(await opened.findBarriers()));
  await page.getByRole('button', { name: 'Delete the destination' }).click();
  await page.getByText('No destination yet').waitFor();

  expect(saved).toEqual({
    destination: { name: 'Orders of the shop', description: 'Ask the data team', maxRecordsPerSecond: 500 },
  });
  expect(shownRate).toBe('500');
  expect(barriers).toEqual([]);
  expect(opened.faults).toEqual([]);
}, 240_000);
