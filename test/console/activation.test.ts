/** One activation in a browser: looked at, changed, disputed, held and ended by clicks. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.js';
import { openConsole, signIn } from '../support/browser.js';
import { Frontend, generateProfiles } from '../support/frontend.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ connection: database.connection });
});

afterAll(() => app[Symbol.asyncDispose]());

async function createViewerKey(frontend: Frontend): Promise<string> {
  const input = { type: 'CreateApiKeyInput', value: { name: 'reader', role: 'VIEWER' } };
  return String((await frontend.mutate('createApiKey', input, '{ key }'))['key']);
}

test('segments, attributes and the schedule of an activation are changed by clicks; members taken out leave', async () => {
  const frontend = new Frontend(app.url, app.apiKey);
  await frontend.createSegments(['vip', 'new']);
  await frontend.ingest('profiles', [
    ...generateProfiles(20, ['vip', 'new']),
    { profileId: 'far', attributes: { city: 'Graz' }, memberships: [{ segmentId: 'new', status: 'REALIZED' }] },
  ]);
  const made = await frontend.setUp({ stream: 'profiles', segmentIds: ['vip'], attributes: ['tier'] });
  await using opened = await openConsole();
  const { page } = opened;
  const barriers: string[] = [];
  const save = () => page.getByRole('button', { name: 'Save the activation' }).click();

  await page.goto(`${app.url}/destinations/${made.destinationId}`);
  await signIn(opened, app.apiKey);
  await page.getByRole('link', { name: 'Open: Activation of vip' }).click();
  await page.getByRole('heading', { name: 'Activation of vip', level: 1 }).waitFor();
  await page.getByText('Not exported by itself').waitFor();
  await page.getByRole('tab', { name: 'Settings' }).click();
  await page.getByRole('checkbox', { name: 'new', exact: true }).check();
  await page.getByRole('checkbox', { name: 'city' }).waitFor();
  await page.getByRole('checkbox', { name: 'firstName' }).check();
  await page.getByRole('radio', { name: 'Always' }).check();
  await page.getByRole('textbox', { name: 'Export by itself' }).fill('0 99 * * *');
  await page.getByRole('textbox', { name: 'Time zone' }).fill('Europe/Berlin');
  await save();
  await page.getByRole('alert').getByText('Nothing was changed').waitFor();
  await page.getByRole('textbox', { name: 'Export by itself' }).fill('0 3 * * *');
  barriers.push(...(await opened.findBarriers()));
  await opened.takePicture('activation-settings');
  await save();
  await page.getByText('Backfill started').waitFor();
  await page.getByText('Saved', { exact: true }).waitFor({ state: 'detached' });
  await page.getByRole('heading', { name: 'Activation of vip, new', level: 1 }).waitFor();

  await page.getByRole('checkbox', { name: 'vip', exact: true }).uncheck();
  await page.getByRole('switch', { name: 'Send the members of vip once more, as exited' }).check();
  await save();
  await page.getByRole('dialog').getByText('Each member is sent once more, as exited.').waitFor();
  await page.getByLabel('Type vip to go on').fill('vip');
  barriers.push(...(await opened.findBarriers()));
  await page.getByRole('button', { name: 'Take out of the activation' }).click();
  await page.getByText('Exits started').getByRole('link').click();
  await page.getByRole('heading', { name: 'Exits export' }).waitFor();
  await page.getByText('100 % of 10: 10 delivered').waitFor();
  await page.getByRole('link', { name: 'Activation' }).click();
  await page.getByText('Exported by itself: 0 3 * * * (Europe/Berlin), all present members').waitFor();

  const stored = await frontend.run(
    'query($id: ID!) { activation(id: $id) { attributes changeDetection segments { segment { segmentId } } } }',
    { id: made.activationId },
  );
  expect(stored).toEqual({
    activation: {
      attributes: ['tier', 'person.name.firstName'],
      changeDetection: 'EXPORT_ALWAYS',
      segments: [{ segment: { segmentId: 'new' } }],
    },
  });
  expect(barriers).toEqual([]);
  expect(opened.faults).toEqual([]);
}, 240_000);

test('an activation shows a member, is not changed over somebody else, is held, and goes on without what waited', async () => {
  const frontend = new Frontend(app.url, app.apiKey);
  await frontend.createSegments(['gold', 'late']);
  await frontend.ingest('profiles', generateProfiles(10, ['gold']));
  const made = await frontend.setUp({ stream: 'orders', segmentIds: ['gold'], attributes: ['tier'] });
  await using opened = await openConsole();
  const { page } = opened;
  const barriers: string[] = [];
  const address = `${app.url}/activations/${made.activationId}`;

  await page.goto(`${address}/preview?profile=profile-7`);
  await signIn(opened, app.apiKey);
  await page.getByText('Profile profile-7').waitFor();
  await page.getByRole('region', { name: 'Record' }).getByText('"tier": 1').waitFor();
  barriers.push(...(await opened.findBarriers()));
  await opened.takePicture('activation-preview');
  await using viewing = await openConsole();
  await viewing.page.goto(`${address}/preview?profile=profile-7`);
  await signIn(viewing, await createViewerKey(frontend));
  await viewing.page.getByText('show to operators and admins only').waitFor();
  barriers.push(...(await viewing.findBarriers()));
  await viewing.page.goto(`${app.url}/profiles/profile-7`);
  await viewing.page.getByText('Personal data shows to operators and admins only.').waitFor();
  await page.getByLabel('Profile id').fill('nobody');
  await page.getByRole('region', { name: 'Record' }).waitFor({ state: 'detached' });

  await page.goto(`${address}/settings`);
  await page.getByRole('checkbox', { name: 'lastName' }).check();
  const theirs = { id: made.activationId, expectedVersion: 1, segmentIds: ['gold', 'late'] };
  await frontend.mutate('updateActivation', { type: 'UpdateActivationInput', value: theirs }, '{ activation { id } }');
  await page.getByRole('button', { name: 'Save the activation' }).click();
  await page.getByText('Somebody changed this activation meanwhile').waitFor();
  await page.getByRole('row', { name: 'Segments gold gold, late' }).waitFor();
  await page.getByRole('row', { name: 'Attributes person.name.lastName, tier tier' }).waitFor();
  barriers.push(...(await opened.findBarriers()));
  await opened.takePicture('activation-conflict');
  await page.getByRole('button', { name: 'Save mine over theirs' }).click();
  await page.getByText('Saved', { exact: true }).waitFor();

  await page.getByRole('tab', { name: 'Summary' }).click();
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByRole('button', { name: 'Resume', exact: true }).waitFor();
  await frontend.ingest('profiles', [{ profileId: 'waits', memberships: [{ segmentId: 'gold', status: 'REALIZED' }] }]);
  await page.getByText('The oldest waits since').waitFor();
  await opened.takePicture('activation');
  barriers.push(...(await opened.findBarriers()));
  await page.getByRole('button', { name: 'Discard the changes kept of gold, late' }).click();
  await page.getByLabel('Type gold, late to go on').fill('gold, late');
  await page.getByRole('button', { name: 'Resume without the changes' }).click();
  await page.getByText('CHANGES_DISCARDED').waitFor();
  await opened.narrow();
  await page.getByRole('button', { name: 'End the activation of gold, late' }).click();
  await page.getByLabel('Type gold, late to go on').fill('gold, late');
  await page.getByRole('dialog').getByRole('button', { name: 'End the activation' }).click();
  await page.waitForURL(`${app.url}/destinations/${made.destinationId}`);
  await page.getByText('None yet: activate segments').waitFor();

  expect(barriers).toEqual([]);
  expect(opened.faults).toEqual([]);
}, 240_000);
