/** Segments and profiles in a browser: a segment is edited beside somebody else, a profile erased. */
import { expect, test } from 'vitest';
import { startTestApp } from '../support/app.js';
import { openConsole, signIn } from '../support/browser.js';
import { Frontend } from '../support/frontend.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();

test('a segment is edited, beside what somebody else changed and not over it; a profile is erased by its name', async () => {
  await using app = await startTestApp({ connection: database.connection });
  const frontend = new Frontend(app.url, app.apiKey);
  await frontend.createSegments(['vip']);
  await frontend.ingest('profiles', [{ profileId: 'p-1' }, { profileId: 'p-2' }]);
  await using opened = await openConsole();
  const { page } = opened;
  const name = page.getByRole('textbox', { name: 'Name', exact: true });
  const save = page.getByRole('button', { name: 'Save' });
  await page.goto(`${app.url}/segments/vip`);
  await signIn(opened, app.apiKey);

  await page.getByRole('button', { name: 'Edit' }).click();
  await name.fill('');
  await save.click();
  await page.getByText('This is needed.').waitFor();
  await name.fill('Most loyal');
  await page.getByRole('textbox', { name: 'Description' }).fill('Ten orders a year');
  const barriers = await opened.findBarriers();
  const meanwhile = { segmentId: 'vip', name: 'Meanwhile', expectedVersion: 1 };
  await frontend.mutate('updateSegment', { type: 'UpdateSegmentInput', value: meanwhile }, '{ segment { id } }');
  await save.click();
  await page.getByRole('alert').getByText('Somebody changed this segment meanwhile').waitFor();
  await page.getByRole('row', { name: 'Name Most loyal Meanwhile' }).waitFor();
  await page.getByRole('row', { name: 'Description Ten orders a year (empty)' }).waitFor();
  const conflictBarriers = await opened.findBarriers();
  await opened.takePicture('segment-conflict');
  await page.getByRole('button', { name: 'Take theirs' }).click();
  await page.getByRole('alert').waitFor({ state: 'detached' });
  expect(await name.inputValue()).toBe('Meanwhile');
  await page.getByRole('textbox', { name: 'Description' }).fill('Ten orders a year');
  const later = { segmentId: 'vip', name: 'Most loyal', expectedVersion: 2 };
  await frontend.mutate('updateSegment', { type: 'UpdateSegmentInput', value: later }, '{ segment { id } }');
  await save.click();
  await page.getByRole('row', { name: 'Name Meanwhile Most loyal' }).waitFor();
  await page.getByRole('button', { name: 'Save mine over theirs' }).click();
  await page.getByRole('heading', { name: 'Most loyal', level: 1 }).waitFor();
  await page.getByRole('paragraph').getByText('Ten orders a year').waitFor();

  await page.goto(`${app.url}/profiles/p-2`);
  await page.getByRole('button', { name: 'Erase' }).click();
  await page.getByLabel('Type p-2 to go on').fill('p-2');
  await page.getByRole('button', { name: 'Erase the profile' }).click();
  await page.waitForURL(`${app.url}/profiles`);
  await page.getByRole('link', { name: 'p-1' }).waitFor();

  expect(await page.getByRole('link', { name: 'p-2' }).count()).toBe(0);
  const { profile } = await frontend.run('{ profile(profileId: "p-2") { id } }');
  expect(profile).toBeNull();
  expect({ barriers, conflictBarriers }).toEqual({ barriers: [], conflictBarriers: [] });
  expect(opened.faults).toEqual([]);
}, 120_000);
