/** The console in a browser: signing in, and what is seen first. */
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
  const { activationId } = await frontend.setUp({ stream: 'profiles', segmentIds: ['vip'], attributes: ['tier'] });
  const started = await frontend.triggerExport(activationId);
  await frontend.untilFinished(started.id);
  return activationId;
}

test('a key signs in, the overview shows destinations, and nothing is in the way of a reader', async () => {
  await using app = await startTestApp({ connection: database.connection });
  await using opened = await openConsole();
  const { page } = opened;

  await page.goto(app.url);
  const signInBarriers = await opened.findBarriers();
  await opened.takePicture('sign-in');
  await signIn(opened, app.apiKey);
  await page.getByText('No destination yet').waitFor();
  await opened.takePicture('overview-empty');
  const activationId = await connectStream(app);
  const card = page.getByRole('article', { name: 'profiles' });
  await card.getByText('Healthy').waitFor();
  await card.getByText('50', { exact: true }).waitFor();
  await page.getByText('Delivered 50, Failed 0, Skipped 0').waitFor();
  const overviewBarriers = await opened.findBarriers();
  await opened.takePicture('overview');
  await page.getByRole('button', { name: 'Use dark colours' }).click();
  const darkBarriers = await opened.findBarriers();
  await opened.takePicture('overview-dark');
  await opened.narrow();
  await opened.takePicture('overview-narrow');
  app.sandbox.setFaults([
    { kind: 'request-error', code: 'InternalFailure', status: 500, match: { operation: 'PutRecords' } },
  ]);
  await new Frontend(app.url, app.apiKey).triggerExport(activationId);
  await page.getByRole('alert').getByText('is degraded').waitFor();

  expect(new URL(page.url()).href).not.toContain(app.apiKey);
  expect({ signInBarriers, overviewBarriers, darkBarriers }).toEqual({
    signInBarriers: [],
    overviewBarriers: [],
    darkBarriers: [],
  });
  expect(opened.faults).toEqual([]);
}, 120_000);

test('an unknown key is refused at its field, and not kept', async () => {
  await using app = await startTestApp({ connection: database.connection, apiKey: 'trb_unknown' });
  await using opened = await openConsole({ allowedFaults: [/status of 401/] });
  const { page } = opened;

  await page.goto(app.url);
  await signIn(opened, 'trb_unknown');
  await page.getByText('This key is unknown, expired or revoked.').waitFor();
  const kept = await page.evaluate('sessionStorage.length');

  expect(kept).toBe(0);
}, 120_000);
