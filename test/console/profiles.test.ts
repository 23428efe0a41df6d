/** Segments and profiles in a browser: made, uploaded with wrong lines among them, and looked at. */
import { expect, test } from 'vitest';
import { startTestApp } from '../support/app.js';
import { openConsole, signIn } from '../support/browser.js';
import { Frontend } from '../support/frontend.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();

/** An id with everything that addresses treat in a way of their own. */
const ODD_ID = 'a/b?c=50%#d e%2F';

/** Shown in the reader's zone, and as it is given where somebody points. */
const SINCE = '2026-01-01T00:00:00+0000';

const lines = [
  {
    profileId: ODD_ID,
    attributes: { tier: 3 },
    memberships: [{ segmentId: 'vip', status: 'realized', lastQualificationTime: SINCE }],
  },
  { profileId: 'p-2', identities: [{ namespace: 'Email', value: 'ada@example.com' }] },
  { profileId: 'p-3', memberships: [{ segmentId: 'unknown', status: 'realized' }] },
];

test('segments are made, profiles uploaded, refused lines named, and a profile shows what was sent of it', async () => {
  await using app = await startTestApp({ connection: database.connection });
  await using opened = await openConsole();
  const { page } = opened;
  const barriers: string[] = [];

  await page.goto(`${app.url}/segments`);
  await signIn(opened, app.apiKey);
  await page.getByText('No segment yet').waitFor();
  await page.getByRole('button', { name: 'New segment' }).click();
  await page.getByRole('textbox', { name: 'Segment id' }).fill('vip');
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Loyal customers');
  barriers.push(...(await opened.findBarriers()));
  await page.getByRole('button', { name: 'Create segment' }).click();
  await page.getByRole('link', { name: 'Loyal customers' }).waitFor();
  const frontend = new Frontend(app.url, app.apiKey);
  await frontend.setUp({ stream: 'profiles', segmentIds: ['vip'], attributes: ['tier'] });

  await page.getByRole('link', { name: 'Upload', exact: true }).click();
  await page.getByRole('radio', { name: 'A membership' }).check();
  await page.reload();
  const keptKind = await page.getByRole('radio', { name: 'A membership' }).isChecked();
  await page.getByRole('radio', { name: 'A profile' }).check();
  const buffer = Buffer.from(lines.map((line) => JSON.stringify(line)).join('\n'));
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByRole('button', { name: 'File', exact: true }).click(),
  ]);
  await chooser.setFiles({ name: 'profiles.ndjson', mimeType: 'application/x-ndjson', buffer });
  await page.getByRole('button', { name: 'Upload' }).click();
  await page.getByText('1 of 3 lines were refused').waitFor();
  await page.getByRole('table', { name: 'Refused lines' }).getByText('NOT_FOUND').waitFor();
  barriers.push(...(await opened.findBarriers()));
  await opened.takePicture('upload');
  await opened.narrow();
  await page.setViewportSize({ width: 1280, height: 800 });

  await page.getByRole('link', { name: 'Segments' }).first().click();
  await page.getByRole('link', { name: 'Loyal customers' }).click();
  await page.getByRole('table', { name: 'Members' }).getByRole('link', { name: ODD_ID }).waitFor();
  await page.getByTitle(SINCE).filter({ hasText: 'Jan 1, 2026' }).waitFor();
  barriers.push(...(await opened.findBarriers()));
  await opened.takePicture('segment');
  await page.getByRole('table', { name: 'Members' }).getByRole('link', { name: ODD_ID }).click();
  await page.getByRole('heading', { name: ODD_ID }).waitFor();
  await page.getByRole('region', { name: 'Attributes' }).getByText('"tier": 3').waitFor();
  await page.getByRole('table', { name: 'Deliveries' }).getByText('shardId-').waitFor();
  await page.getByRole('table', { name: 'Deliveries' }).getByText('membership vip').waitFor();
  await page.getByTitle(SINCE).filter({ hasText: 'Jan 1, 2026' }).waitFor();
  barriers.push(...(await opened.findBarriers()));
  await opened.takePicture('profile');
  await page.reload();
  await page.getByRole('heading', { name: ODD_ID }).waitFor();
  await page.getByRole('link', { name: 'Profiles' }).first().click();
  await page.getByLabel('Search by the beginning of the id').fill('p-');
  await page.getByRole('link', { name: ODD_ID }).waitFor({ state: 'detached' });
  await page.getByText('Email: ada@example.com').waitFor();
  barriers.push(...(await opened.findBarriers()));
  await opened.narrow();

  expect(keptKind).toBe(true);
  expect(new URL(page.url()).search).toBe('?search=p-');
  expect(barriers).toEqual([]);
  expect(opened.faults).toEqual([]);
}, 240_000);
