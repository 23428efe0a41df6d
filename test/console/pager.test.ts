/** Lists are paged in both directions and to both ends; the page stands in the address beside the filter. */
import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { readPage, withPage } from '../../src/console/ui/page.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { type ConsolePage, openConsole, signIn } from '../support/browser.js';
import { Frontend } from '../support/frontend.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const database = useTestDatabase();
let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ connection: database.connection });
});

afterAll(() => app[Symbol.asyncDispose]());

const PROFILES = 120;

/** Ids in the order of the list, which is that of their text. */
function idsOf(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => `p-${String(from + index).padStart(3, '0')}`);
}

async function untilRows({ page }: ConsolePage, ids: readonly string[]): Promise<void> {
  const links = page.getByRole('table', { name: 'Profiles' }).getByRole('link');
  await until(async () => expect(await links.allTextContents()).toEqual(ids), { timeoutMs: 30_000, intervalMs: 50 });
}

test('a page stands in the address for itself, and leaves the filter there as it is', () => {
  const filtered = new URLSearchParams('search=p&after=old');

  const pages = [
    { first: 50, after: null },
    { first: 50, after: 'c' },
    { last: 50, before: 'c' },
    { last: 50, before: null },
  ].map((page) => withPage(filtered, page));

  expect(pages.map(String)).toEqual(['search=p', 'search=p&after=c', 'search=p&before=c', 'search=p&page=last']);
  expect(pages.map((page) => readPage(page))).toEqual([
    { first: 50, after: null },
    { first: 50, after: 'c' },
    { last: 50, before: 'c' },
    { last: 50, before: null },
  ]);
});

test('a list is paged forwards, backwards and to both ends, under its filter', async () => {
  const frontend = new Frontend(app.url, app.apiKey);
  const all = [...idsOf(0, PROFILES), 'q-1', 'q-2'];
  await frontend.ingest(
    'profiles',
    all.map((profileId) => ({ profileId })),
  );
  await using opened = await openConsole();
  const { page } = opened;
  const go = (name: string) => page.getByRole('button', { name }).click();

  await page.goto(`${app.url}/profiles?search=p-`);
  await signIn(opened, app.apiKey);
  await untilRows(opened, idsOf(0, 50));
  await go('Next page');
  await untilRows(opened, idsOf(50, 100));
  await go('Previous page');
  await untilRows(opened, idsOf(0, 50));
  await go('Last page');
  await untilRows(opened, idsOf(70, PROFILES));
  await page.reload();
  await untilRows(opened, idsOf(70, PROFILES));
  const isLast = await page.getByRole('button', { name: 'Next page' }).isDisabled();
  await go('Previous page');
  await untilRows(opened, idsOf(20, 70));
  const shared = page.url();
  await opened.narrow();
  await go('First page');
  await untilRows(opened, idsOf(0, 50));
  await page.goto(shared);
  await untilRows(opened, idsOf(20, 70));

  expect(isLast).toBe(true);
  expect(new URL(shared).searchParams.get('search')).toBe('p-');
  expect(await opened.findBarriers()).toEqual([]);
  expect(opened.faults).toEqual([]);
}, 240_000);

/** One more than a page shows. */
const MANY = 51;
const WAIT = { timeoutMs: 30_000, intervalMs: 50 };
const made = z.object({ credential: z.object({ id: z.string() }) });
const connected = z.object({ destination: z.object({ id: z.string() }) });

/** As many credentials, destinations of the last of them, and segments of one profile. @returns a destination's id. */
async function fillWorkspace(frontend: Frontend): Promise<string> {
  const numbers = Array.from({ length: MANY }, (_, index) => String(index).padStart(2, '0'));
  const names = [...numbers.slice(1).map((number) => `key-${number}`), 'the last'];
  const secret = { kind: 'ACCESS_KEY', accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'w'.repeat(40) };
  let credentialId = '';
  for (const name of names) {
    const input = { type: 'CreateCredentialInput', value: { ...secret, name } };
    credentialId = made.parse(await frontend.mutate('createCredential', input, '{ credential { id } }')).credential.id;
  }
  const destinationIds: string[] = [];
  for (const number of numbers) {
    const value = { name: `stream-${number}`, credentialId, region: 'us-east-1', stream: 'profiles' };
    const input = { type: 'CreateKinesisDestinationInput', value };
    const answer = await frontend.mutate('createKinesisDestination', input, '{ destination { id } }');
    destinationIds.push(connected.parse(answer).destination.id);
  }
  await frontend.createSegments(numbers);
  const memberships = numbers.map((segmentId) => ({ segmentId, status: 'REALIZED' }));
  await frontend.ingest('profiles', [{ profileId: 'everywhere', memberships }]);
  const order = { segmentIds: ['00'], attributes: [] };
  for (const id of destinationIds) await frontend.activate(id, order);
  return destinationIds[0] ?? '';
}

test("what lies beyond the first page is reached: destinations, credentials, what a segment is activated to, a profile's segments", async () => {
  const destinationId = await fillWorkspace(new Frontend(app.url, app.apiKey));
  await using opened = await openConsole();
  const { page } = opened;
  const links = page.getByRole('main').getByRole('article').getByRole('link');
  const articles = page.getByRole('main').getByRole('article');
  const activations = page.getByRole('main').getByRole('link', { name: /^stream-/ });
  const rows = page.getByRole('table', { name: 'Memberships' }).getByRole('link');
  const untilCount = (found: Locator, count: number) =>
    until(async () => expect(await found.count()).toBe(count), WAIT);
  const goOn = () => page.getByRole('button', { name: 'Next page' }).click();

  await page.goto(app.url);
  await signIn(opened, app.apiKey);
  await untilCount(links, MANY - 1);
  const names = await links.allTextContents();
  await goOn();
  await untilCount(links, 1);
  names.push(...(await links.allTextContents()));
  await page.goto(`${app.url}/credentials`);
  await untilCount(articles, MANY - 1);
  await goOn();
  await untilCount(articles, 1);
  await page.goto(`${app.url}/destinations/${destinationId}/settings`);
  const field = page.getByRole('combobox', { name: 'Credential' });
  await until(async () => expect(await field.inputValue()).toBe('the last'), WAIT);
  await field.fill('key-49');
  await page.getByRole('option', { name: 'key-49' }).click();
  const chosen = await field.inputValue();
  await page.goto(`${app.url}/segments/00`);
  await untilCount(activations, MANY - 1);
  await goOn();
  await untilCount(activations, 1);
  await page.goto(`${app.url}/profiles/everywhere`);
  await untilCount(rows, MANY - 1);
  await goOn();
  await untilCount(rows, 1);

  expect(new Set(names).size).toBe(MANY);
  expect(chosen).toBe('key-49');
  expect(await opened.findBarriers()).toEqual([]);
}, 240_000);
