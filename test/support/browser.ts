/** A real Chromium for tests of the console. Needs a build (`npm test` makes one). */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AxeBuilder } from '@axe-core/playwright';
import type { BrowserContextOptions, Locator, Page } from 'playwright-core';
import { ROOT } from '../contract/source-tree.js';
import { launchChromium } from './chromium.js';
import { until } from './until.js';

/** Where pictures of the console go: test output, not committed. */
const PICTURES = join(ROOT, 'test-output', 'console');

/** The narrowest window that the console is made for. */
const TELEPHONE = { width: 360, height: 740 };
/** Longest wait for one thing to appear on the page, in ms. */
const STEP_TIMEOUT_MS = 30_000;

/** Steps of the Tab key that lead anywhere on a page of these tests. */
const MAX_TABS = 60;

/** How a console is opened, such as `{ viewport, colorScheme }`. */
export interface ConsoleOptions extends BrowserContextOptions {
  /** What the page may say after all, such as that a server which was stopped does not answer. */
  readonly allowedFaults?: readonly RegExp[];
}

/** An open console; disposing closes the browser, and fails the test if the page had faults that are not allowed. */
export interface ConsolePage extends AsyncDisposable {
  readonly page: Page;
  /** Errors and warnings of the page's scripts, and everything that the Content-Security-Policy refused. */
  readonly faults: readonly string[];
  /** Serious and critical findings of axe in what is shown now. */
  findBarriers(): Promise<string[]>;
  /** Makes the window as narrow as a telephone. @throws if the page does not fit into it within some seconds. */
  narrow(): Promise<void>;
  /** Keeps a picture of the whole page as `<name>.png`. */
  takePicture(name: string): Promise<void>;
}

/** Starts a browser with an empty page. */
export async function openConsole({ allowedFaults = [], ...options }: ConsoleOptions = {}): Promise<ConsolePage> {
  const browser = await launchChromium();
  const context = await browser.newContext({ locale: 'en-US', timezoneId: 'UTC', reducedMotion: 'reduce', ...options });
  context.setDefaultTimeout(STEP_TIMEOUT_MS);
  const page = await context.newPage();
  const faults = await collectFaults(page);
  return {
    page,
    faults,
    findBarriers: () => findBarriers(page),
    narrow: () => narrow(page),
    takePicture: (name) => takePicture(page, name),
    async [Symbol.asyncDispose]() {
      await browser.close();
      const unexpected = faults.filter((fault) => !allowedFaults.some((allowed) => allowed.test(fault)));
      if (unexpected.length > 0) throw new Error(`The page had faults: ${unexpected.join('\n')}`);
    },
  };
}

/** Enters a key at whatever address is open. */
export async function signIn({ page }: ConsolePage, apiKey: string): Promise<void> {
  await page.getByLabel('API key').fill(apiKey);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** Moves the focus by the Tab key alone. @throws if it does not come to the target. */
export async function tabTo({ page }: ConsolePage, target: Locator): Promise<void> {
  await target.waitFor();
  const reached = target.and(page.locator(':focus'));
  for (let step = 0; step < MAX_TABS; step += 1) {
    if ((await reached.count()) > 0) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`${MAX_TABS} steps of the Tab key do not lead to ${target}.`);
}

async function collectFaults(page: Page): Promise<string[]> {
  const faults: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) faults.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => faults.push(`thrown: ${error.stack ?? error.message}`));
  await page.exposeFunction('reportViolation', (text: string) => faults.push(`refused by policy: ${text}`));
  await page.addInitScript(`document.addEventListener('securitypolicyviolation', (event) =>
    window.reportViolation(event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sourceFile))`);
  return faults;
}

async function narrow(page: Page): Promise<void> {
  await page.setViewportSize(TELEPHONE);
  await until(
    async () => {
      const width = Number(await page.evaluate('document.documentElement.scrollWidth'));
      if (width <= TELEPHONE.width) return;
      const wide = await page.evaluate(`[...document.querySelectorAll('main *')]
      .filter((element) => element.getBoundingClientRect().right > ${TELEPHONE.width})
      .map((element) => element.outerHTML.slice(0, 160))`);
      throw new Error(`The page is ${width} px wide in a window of ${TELEPHONE.width} px: ${JSON.stringify(wide)}`);
    },
    { timeoutMs: STEP_TIMEOUT_MS, intervalMs: 50 },
  );
}

/** Makes the window as high as the page, so that what sticks to its edges stays there. */
async function takePicture(page: Page, name: string): Promise<void> {
  await mkdir(PICTURES, { recursive: true });
  const window = page.viewportSize();
  const height = Number(await page.evaluate('document.documentElement.scrollHeight'));
  if (window) await page.setViewportSize({ ...window, height });
  await page.screenshot({ path: join(PICTURES, `${name}.png`) });
  if (window) await page.setViewportSize(window);
}

/** Resolves when what moves has come to rest; what turns for ever, such as a loader, is not waited for. */
const ANIMATIONS_END = `Promise.allSettled(
  document.getAnimations().filter(({ effect }) => effect?.getComputedTiming().endTime !== Infinity).map(({ finished }) => finished),
).then(() => undefined)`;

async function findBarriers(page: Page): Promise<string[]> {
  const found = await analyze(page);
  if (found.length === 0) return [];
  // What comes into view in the midst of the look has neither its old colours nor its new ones: a barrier is there again.
  await delay(SETTLING_MS);
  return await analyze(page);
}

const SETTLING_MS = 500;

async function analyze(page: Page): Promise<string[]> {
  // In the midst of a transition, colours are neither the old nor the new ones.
  await page.evaluate(ANIMATIONS_END);
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html}: ${failureSummary}`));
}
