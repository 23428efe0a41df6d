/** The demo's processes: a local Kinesis, and the server that delivers to it. */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { type Child, startChild } from './child-process.js';
import { CommandError } from './command-error.js';
import { readKeyFile, writeKeyFile } from './key-file.js';

/** A running server with its key. */
export interface DemoServer extends AsyncDisposable {
  /** `http://host:port`. */
  readonly url: string;
  readonly apiKey: string;
  /** Where the key is kept, for other clients. */
  readonly keyFile: string;
  /** Rejects if the process ends by itself; never resolves. */
  readonly failed: Promise<never>;
}

const SANDBOX_START_TIMEOUT_MS = 30_000;
/** The first start unpacks a database; a crash before may have left one to recover. */
const SERVER_START_TIMEOUT_MS = 180_000;
/** A new key comes right after the address; where one is stored already, none is due. */
const KEY_TIMEOUT_MS = { isDue: 5_000, isKnown: 100 };

const sandboxLine = z.object({ endpoint: z.string() });

/** Starts a Kinesis on loopback without AWS's limits per shard, so that Tributary's own speed shows. */
export function startSandbox(signal: AbortSignal): Promise<Child<{ endpoint: string }>> {
  const readLine = (line: string) => sandboxLine.safeParse(parseJson(line)).data ?? null;
  const args = ['--limits', 'off', '--ledger-data', 'hash'];
  const options = { title: 'local Kinesis', script: 'sandbox/main', args, readLine };
  return startChild({ ...options, startTimeoutMs: SANDBOX_START_TIMEOUT_MS }, signal);
}

/**
 * Starts the server on a free port and a data folder of the demo's own. The key that its first start shows is kept
 * beside the data, readable by the owner only: the server shows it once.
 * @throws {CommandError} if it does not start, or its database has a workspace whose key the demo does not know.
 */
export async function startServer(
  { dataFolder, kinesisEndpoint }: { dataFolder: string; kinesisEndpoint: string },
  signal: AbortSignal,
): Promise<DemoServer> {
  await mkdir(dataFolder, { recursive: true });
  const keyFile = join(dataFolder, 'demo-api-key');
  const storedKey = await readKeyFile(keyFile);
  const announcement = new Announcement();
  const options = { title: 'server', script: 'main', environment: environmentOf(dataFolder, kinesisEndpoint) };
  const readLine = (line: string) => announcement.readLine(line);
  const child = await startChild({ ...options, readLine, startTimeoutMs: SERVER_START_TIMEOUT_MS }, signal);
  const firstKey = await announcement.waitForKey(storedKey === null ? KEY_TIMEOUT_MS.isDue : KEY_TIMEOUT_MS.isKnown);
  if (firstKey !== null) await writeKeyFile(keyFile, firstKey);
  const apiKey = firstKey ?? storedKey;
  const stop = () => child[Symbol.asyncDispose]();
  if (apiKey !== null) return { url: child.ready, apiKey, keyFile, failed: child.failed, [Symbol.asyncDispose]: stop };
  await stop();
  throw new CommandError(
    `The database of ${dataFolder} has a workspace, but its key in ${keyFile} is gone: remove the folder.`,
  );
}

function environmentOf(dataFolder: string, kinesisEndpoint: string): Record<string, string> {
  return {
    ROLE: 'all',
    PORT: '0',
    DATA_FOLDER: dataFolder,
    KINESIS: 'aws',
    KINESIS_ENDPOINT: kinesisEndpoint,
    LOG_LEVEL: 'warn',
  };
}

/** Reads what a server prints when it is ready: its address, and on the first start the first key. */
class Announcement {
  #takeKey: (key: string) => void = () => undefined;
  readonly #key = new Promise<string>((resolve) => {
    this.#takeKey = resolve;
  });

  /** @returns the address, if the line holds it. */
  readLine(line: string): string | null {
    const key = /^\s*(?<key>trb_[\w-]{43})\s*$/.exec(line)?.groups?.['key'];
    if (key) this.#takeKey(key);
    return /^Tributary listens on (?<url>http\S+)$/.exec(line)?.groups?.['url'] ?? null;
  }

  /** The first key; null if none came in time. */
  async waitForKey(timeoutMs: number): Promise<string | null> {
    const timer = new AbortController();
    const late = delay(timeoutMs, null, { signal: timer.signal }).catch(() => null);
    try {
      return await Promise.race([this.#key, late]);
    } finally {
      timer.abort();
    }
  }
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
