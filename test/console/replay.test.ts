/** Deliveries of a stretch of time are sent once more, by clicks. */
import { expect, test } from 'vitest';
import { startTestApp } from '../support/app.js';
import { openConsole, signIn } from '../support/browser.js';
import { Frontend, generateProfiles } from '../support/frontend.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();

const MS_OF_AN_HOUR = 3_600_000;

/** What a field for a local time takes; the browser of these tests lives in UTC. */
function atHoursFromNow(hours: number): string {
  return new Date(Date.now() + hours * MS_OF_AN_HOUR).toISOString().slice(0, 'yyyy-mm-ddThh:mm'.length);
}

test('who was delivered in a stretch of time goes once more, with its progress in view', async () => {
  await using app = await startTestApp({ connection: database.connection });
  const frontend = new Frontend(app.url, app.apiKey);
  await frontend.createSegments(['vip']);
  await frontend.ingest('profiles', generateProfiles(20, ['vip']));
  const made = await frontend.setUp({ stream: 'profiles', segmentIds: ['vip'], attributes: ['tier'] });
  const sent = await frontend.triggerExport(made.activationId);
  await frontend.untilFinished(sent.id);
  await using opened = await openConsole();
  const { page } = opened;
  const dialog = page.getByRole('dialog');
  const start = () => dialog.getByRole('button', { name: 'Send again' }).click();

  await page.goto(`${app.url}/destinations/${made.destinationId}`);
  await signIn(opened, app.apiKey);
  await page.getByRole('button', { name: 'Replay' }).click();
  await start();
  await dialog.getByText('This is needed.').waitFor();
  await dialog.getByLabel('Delivered from').fill(atHoursFromNow(1));
  await start();
  await dialog.getByText('is not in the past').waitFor();
  await dialog.getByLabel('Delivered from').fill(atHoursFromNow(-2));
  await dialog.getByLabel('Delivered before').fill(atHoursFromNow(-1));
  await dialog.getByLabel('Most records a second').fill('100');
  const formBarriers = await opened.findBarriers();
  await start();
  await dialog.getByText('Nothing was delivered in this time').waitFor();
  await dialog.getByRole('button', { name: 'Close' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Replay' }).click();
  await dialog.getByLabel('Delivered from').fill(atHoursFromNow(-1));
  await start();
  await dialog.getByText('1 export started').waitFor();
  await dialog.getByText('100 % of 20: 20 delivered').waitFor();
  const progressBarriers = await opened.findBarriers();
  await opened.takePicture('replay');
  await opened.narrow();
  await dialog.getByRole('link', { name: 'Replay to profiles' }).click();
  await page.getByRole('heading', { name: 'Replay export', level: 1 }).waitFor();

  expect({ formBarriers, progressBarriers }).toEqual({ formBarriers: [], progressBarriers: [] });
  expect(opened.faults).toEqual([]);
}, 240_000);
