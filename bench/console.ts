/**
 * `console`: the live view of a destination with 200 changes a second, `--rounds` minutes long, in a Chromium on the same
 * machine: how long tasks of the page's thread are, in wall and in CPU time, and what its memory does from minute to
 * minute; and how long after the start of a load the overview shows its first destination.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { constants, setPriority, tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { z } from 'zod';
import { launchChromium } from '../test/support/chromium.js';
import { sendChanges } from './change-load.js';
import { type Product, startProduct, type Track } from './contestant.js';
import { startSink } from './harness.js';

const STREAM = 'live';
const CHANGES_PER_SECOND = 200;
/** So few that the machine, which the browser shares, gets 200 events a second through to the page. */
const REQUESTS_PER_SECOND = 20;
const SECONDS_OF_A_MINUTE = 60;
const WARM_UP_SECONDS = 10;
const TRACED_SECONDS = 20;
const LONGEST_TASKS = 10;
const US_OF_A_MS = 1000;
const OVERVIEW_LOADS = 5;
const BYTES_OF_A_MB = 1024 * 1024;

/** Written by the page as it runs; the browser reports tasks from 50 ms on. */
const WATCH_TASKS = `window.longTasks = [];
  new PerformanceObserver((list) => window.longTasks.push(...list.getEntries().map(({ duration }) => duration)))
    .observe({ type: 'longtask' });`;

/** Written by the page: when the first destination stood in it, by the page's own clock, which a load begins. */
const WATCH_OVERVIEW = `new MutationObserver((_, observer) => {
    if (!document.querySelector('article')) return;
    window.shownAtMs = performance.now();
    observer.disconnect();
  }).observe(document, { childList: true, subtree: true });`;

/** Runs the benchmark and returns its figures. */
export async function benchConsole(options: { profiles: number; rounds: number }): Promise<Record<string, unknown>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tributary-bench-'));
  try {
    await using browser = await launchChromium();
    // What is started from here on gives way to the browser, which a reader has on a machine of its own.
    setPriority(constants.priority.PRIORITY_LOW);
    await using sink = await startSink([STREAM], { shards: 2 });
    const track: Track = { folder, endpoint: sink.endpoint, stream: STREAM, profiles: options.profiles };
    await using product = await startProduct(track);
    const page = await browser.newPage();
    await openLiveView(page, product);
    await load(product, { seconds: WARM_UP_SECONDS, firstChange: 0 });
    await page.evaluate('window.longTasks.length = 0');
    const longestCpuMs = await traceTasks(page, () =>
      load(product, { seconds: TRACED_SECONDS, firstChange: WARM_UP_SECONDS * CHANGES_PER_SECOND }),
    );
    const heapMb: number[] = [await readHeapMb(page)];
    for (let minute = 0; minute < options.rounds; minute += 1) {
      const firstChange = (WARM_UP_SECONDS + TRACED_SECONDS + minute * SECONDS_OF_A_MINUTE) * CHANGES_PER_SECOND;
      await load(product, { seconds: SECONDS_OF_A_MINUTE, firstChange });
      heapMb.push(await readHeapMb(page));
    }
    const tasks = (await page.evaluate('window.longTasks')) as number[];
    const seconds = WARM_UP_SECONDS + TRACED_SECONDS + options.rounds * SECONDS_OF_A_MINUTE;
    const eventsPerSecond = Math.round((await countEvents(page)) / seconds);
    const overviewMs = await timeOverview(page, product.url);
    return {
      bench: 'console',
      ...options,
      longTasksMs: tasks.map(Math.round),
      longestCpuMs,
      heapMb,
      eventsPerSecond,
      overviewMs,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function openLiveView(page: Page, { url, apiKey, destinationId }: Product): Promise<void> {
  await page.addInitScript(WATCH_TASKS + WATCH_OVERVIEW);
  await page.goto(`${url}/destinations/${destinationId}/live`);
  await page.getByLabel('API key').fill(apiKey);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('Live. 0 events').waitFor();
}

/** How many events the view says that it has got. */
async function countEvents(page: Page): Promise<number> {
  const status = (await page.getByText('events since you opened this view').textContent()) ?? '';
  const [count] = /[\d,]+(?= events)/.exec(status) ?? [];
  if (count === undefined) throw new Error(`The live view counts no events: ${status}`);
  return Number(count.replaceAll(',', ''));
}

/** Loads the overview some times. @returns ms until it shows a destination with its numbers, load by load. */
async function timeOverview(page: Page, url: string): Promise<number[]> {
  const times: number[] = [];
  for (let index = 0; index < OVERVIEW_LOADS; index += 1) {
    await page.goto(url);
    await page.getByRole('article').first().waitFor();
    times.push(Math.round((await page.evaluate('window.shownAtMs')) as number));
  }
  return times;
}

function load(product: Product, part: { seconds: number; firstChange: number }): Promise<unknown> {
  return sendChanges({
    ...part,
    changesPerSecond: CHANGES_PER_SECOND,
    requestsPerSecond: REQUESTS_PER_SECOND,
    send: (changes) => product.send(changes),
  });
}

/** What the page still holds after a garbage collection. */
async function readHeapMb(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  return Math.round((usedSize / BYTES_OF_A_MB) * 10) / 10;
}

/** CPU ms of the page's longest tasks while something runs: beside other work, wall time says how long it waited. */
async function traceTasks(page: Page, run: () => Promise<unknown>): Promise<number[]> {
  const browser = page.context().browser();
  if (!browser) throw new Error('The page has no browser to trace.');
  await browser.startTracing(page, { categories: ['toplevel', '__metadata'] });
  await run();
  const { traceEvents } = Trace.parse(JSON.parse((await browser.stopTracing()).toString()));
  const mains = traceEvents.filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain');
  const tasks = traceEvents.filter(
    ({ ph, pid, tid, tdur }) =>
      ph === 'X' && tdur !== undefined && mains.some((main) => main.pid === pid && main.tid === tid),
  );
  return tasks
    .map(({ tdur = 0 }) => Math.round(tdur / US_OF_A_MS))
    .sort((left, right) => right - left)
    .slice(0, LONGEST_TASKS);
}

const Trace = z.object({
  traceEvents: z.array(
    z.object({
      name: z.string(),
      ph: z.string(),
      pid: z.number(),
      tid: z.number(),
      /** CPU time in µs. */
      tdur: z.number().optional(),
      args: z.looseObject({ name: z.string().optional() }).optional(),
    }),
  ),
});
