/** Lists are paged in both directions and to both ends; the page stands in the address beside the filter. */
import { expect, test } from 'vitest';
import { readPage, withPage } from '../../src/console/ui/page.js';
import { startTestApp } from '../support/app.js';
import { type ConsolePage, openConsole, signIn } from '../support/browser.js';
import { Frontend } from '../support/frontend.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const database = useTestDatabase();

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
  expect(pages.map(readPage)).toEqual([
    { first: 50, after: null },
    { first: 50, after: 'c' },
    { last: 50, before: 'c' },
    { last: 50, before: null },
  ]);
});

test('a list is paged forwards, backwards and to both ends, under its filter', async () => {
  await using app = await startTestApp({ connection: database.connection });
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
