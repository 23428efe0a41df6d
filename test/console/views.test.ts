/** What holds for every view: readable in dark colours, no wider than a telephone, quick to load, with a name of its own. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.js';
import { type ConsolePage, openConsole, signIn } from '../support/browser.js';
import { Frontend, generateProfiles } from '../support/frontend.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
let app: TestApp;
let paths: string[];

beforeAll(async () => {
  app = await startTestApp({ connection: database.connection });
  paths = await fillWorkspace();
});

afterAll(() => app[Symbol.asyncDispose]());

/** What the scripts of the first view may weigh, compressed. */
const MAX_FIRST_LOAD_BYTES = 300_000;
/** A clock is stopped at a time to come. */
const MS_AHEAD = 60_000;

/** A workspace in which no view is empty. @returns the address of every view. */
async function fillWorkspace(): Promise<string[]> {
  const frontend = new Frontend(app.url, app.apiKey);
  await frontend.createSegments(['vip']);
  await frontend.ingest('profiles', generateProfiles(60, ['vip']));
  app.sandbox.setFaults([
    {
      kind: 'request-error',
      code: 'ValidationException',
      status: 400,
      match: { operation: 'PutRecords', partitionKey: 'profile-3' },
    },
  ]);
  const { destinationId, activationId } = await frontend.setUp({
    stream: 'profiles',
    segmentIds: ['vip'],
    attributes: ['tier'],
  });
  const started = await frontend.triggerExport(activationId);
  await frontend.untilFinished(started.id);
  return [
    '/',
    '/destinations/new',
    '/destinations/new/AMAZON_KINESIS',
    `/destinations/${destinationId}?window=LAST_7_DAYS`,
    `/destinations/${destinationId}/live`,
    `/destinations/${destinationId}/settings`,
    `/destinations/${destinationId}/activate`,
    `/activations/${activationId}?window=LAST_7_DAYS`,
    `/activations/${activationId}/settings`,
    `/activations/${activationId}/preview?profile=profile-3`,
    '/exports',
    '/exports?state=PARTIALLY_FAILED',
    `/exports/${started.id}`,
    `/failed-records?destination=${destinationId}`,
    '/segments',
    '/segments/vip',
    '/profiles',
    '/profiles/profile-3',
    '/upload',
    '/credentials',
    '/api-keys',
    '/audit',
    '/nowhere',
    '/destinations/nowhere',
    '/activations/nowhere',
    '/exports/nowhere',
  ];
}

async function openView({ page }: ConsolePage, url: string): Promise<void> {
  await page.goto(url, { waitUntil: 'load' });
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.getByLabel('Loading').first().waitFor({ state: 'detached' });
}

test('every view can be read in dark colours and on a telephone, without a word from the browser', async () => {
  await using opened = await openConsole({ colorScheme: 'dark' });
  const { page } = opened;
  await page.goto(app.url);
  await signIn(opened, app.apiKey);
  const found: Record<string, string[]> = {};
  const titles = new Map<string, string>();

  for (const path of paths) {
    await page.setViewportSize({ width: 1280, height: 800 });
    await openView(opened, app.url + path);
    found[path] = await opened.findBarriers();
    titles.set(path, await page.title());
    await opened.narrow();
  }

  expect(Object.entries(found).filter(([, barriers]) => barriers.length > 0)).toEqual([]);
  expect([...titles].filter(([, title]) => !title.endsWith(' · Tributary'))).toEqual([]);
  expect(opened.faults).toEqual([]);
}, 300_000);

test('the scripts of the first view weigh no more than 300 kB, and come from the server alone', async () => {
  await using opened = await openConsole();
  const { page } = opened;
  const loaded = new Map<string, Promise<number>>();
  page.on('response', (response) => {
    loaded.set(
      response.url(),
      response
        .request()
        .sizes()
        .then(({ responseBodySize }) => responseBodySize),
    );
  });

  await page.goto(app.url);
  await signIn(opened, app.apiKey);
  await page.getByText('Delivered', { exact: false }).first().waitFor();
  await page.getByText('Records of the last hour').waitFor();
  const scripts = [...loaded].filter(([url]) => url.endsWith('.js'));
  const bytes = (await Promise.all(scripts.map(([, size]) => size))).reduce((sum, size) => sum + size, 0);

  expect(scripts.length).toBeGreaterThan(1);
  expect(bytes).toBeLessThan(MAX_FIRST_LOAD_BYTES);
  expect([...loaded.keys()].filter((url) => !url.startsWith(app.url))).toEqual([]);
}, 120_000);

test('the overview is there with its data: no timer holds it back', async () => {
  await using opened = await openConsole();
  const { page } = opened;
  const first = page.getByRole('article').first();
  await page.goto(app.url);
  await signIn(opened, app.apiKey);
  await first.waitFor();

  await page.clock.install();
  await page.clock.pauseAt(Date.now() + MS_AHEAD);
  await page.goto(app.url);
  await first.waitFor();

  expect(await first.getByText('Delivered').isVisible()).toBe(true);
  expect(opened.faults).toEqual([]);
}, 120_000);
