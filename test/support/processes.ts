/** The product and its surroundings as processes of their own, to be killed for real. Needs a build (`npm test` makes one). */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { until } from './until.js';

/** The build's folder; another one is a build broken on purpose, to see tests fail. */
const BUILD = process.env['TRIBUTARY_TEST_BUILD'] ?? 'dist';

/** A process that is up; disposing ends it with SIGTERM. */
export interface RunningProcess extends AsyncDisposable {
  readonly pid: number;
  /** Sends a signal and waits for the end. @returns the exit code; null if the signal itself ended the process. */
  kill(signal: NodeJS.Signals): Promise<number | null>;
}

/** A sandbox Kinesis in its own process. */
export interface SandboxProcess extends RunningProcess {
  readonly endpoint: string;
  /** Replaces the fault rules; their draws follow the seed. */
  setFaults(rules: readonly object[], seed?: number): Promise<void>;
  /** Records appended to all streams so far. */
  countRecords(): Promise<number>;
}

/** A server in its own process. */
export interface ServerProcess extends RunningProcess {
  readonly url: string;
  /** An ADMIN key: the one given, or the first workspace's that this start made. */
  readonly apiKey: string;
}

/** How a server is started. */
export interface ServerOptions {
  /** The sandbox to deliver to. */
  readonly endpoint: string;
  /** A key of the database, if this is not the first start on it. */
  readonly apiKey?: string;
  /** Where the data is (`DATA_FOLDER`, or `DATABASE_URL` and `ENCRYPTION_KEY`), and whatever else differs. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Starts a sandbox with streams such as `orders:4`, all calls taken, its ledger in a file. */
export async function startSandboxProcess(options: { streams: string[]; ledger: string }): Promise<SandboxProcess> {
  const streams = options.streams.flatMap((stream) => ['--stream', stream]);
  const ledger = ['--ledger', options.ledger, '--ledger-data', 'none'];
  const launched = launch([`${BUILD}/sandbox/main.js`, '--port', '0', '--limits', 'off', ...ledger, ...streams], {});
  const line = await launched.findLine((text) => text.includes('endpoint'));
  const { endpoint } = z.object({ endpoint: z.string() }).parse(JSON.parse(line));
  return {
    ...running(launched.child),
    endpoint,
    setFaults: (rules, seed = 1) => putFaults(endpoint, { rules, seed }),
    countRecords: () => countRecords(endpoint),
  };
}

/** Starts a server on a data folder or database, delivering to a sandbox process. */
export async function startServerProcess(options: ServerOptions): Promise<ServerProcess> {
  const { child, findLine } = launch([`${BUILD}/server/main.js`], {
    KINESIS: 'aws',
    KINESIS_ENDPOINT: options.endpoint,
    PORT: '0',
    LOG_LEVEL: process.env['TEST_LOG_LEVEL'] ?? 'fatal',
    ...options.environment,
  });
  const greeting = 'Tributary listens on ';
  const address = await findLine((text) => text.startsWith(greeting));
  const apiKey = options.apiKey ?? (await findLine((text) => text.trim().startsWith('trb_'))).trim();
  return { ...running(child), url: address.slice(greeting.length).trim(), apiKey };
}

/** The process id of a data folder's database server; null if none runs. */
export async function findDatabasePid(dataFolder: string): Promise<number | null> {
  const text = await readFile(path.join(dataFolder, 'postgres', 'postmaster.pid'), 'utf8').catch(() => '');
  return Number.parseInt(text, 10) || null;
}

/** Stops the database server that killed processes have left on a data folder; no effect if none runs. */
export async function stopLeftDatabase(dataFolder: string): Promise<void> {
  const pid = await findDatabasePid(dataFolder);
  if (pid === null) return;
  try {
    process.kill(pid, 'SIGINT');
  } catch {
    return; // It was killed too, and left its lock file.
  }
  await until(async () => (await findDatabasePid(dataFolder)) === null, { timeoutMs: 30_000 });
}

const Ledger = z.object({ streams: z.array(z.object({ records: z.number() })) });

async function countRecords(endpoint: string): Promise<number> {
  const answer = await fetch(`${endpoint}/sandbox/ledger`);
  return Ledger.parse(await answer.json()).streams.reduce((sum, stream) => sum + stream.records, 0);
}

async function putFaults(endpoint: string, script: object): Promise<void> {
  const answer = await fetch(`${endpoint}/sandbox/faults`, { method: 'PUT', body: JSON.stringify(script) });
  if (!answer.ok) throw new Error(await answer.text());
}

interface Launched {
  child: ChildProcess;
  /** Resolves with the next line of output that is wanted. @throws if the process ends without it, or after 60 s. */
  findLine(isWanted: (text: string) => boolean): Promise<string>;
}

function launch(args: string[], environment: Record<string, string>): Launched {
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], NODE_NO_WARNINGS: '1', ...environment },
  });
  if (!child.stdout) throw new Error('The process has no output.');
  const output: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => output.push(line));
  const nextLine = (isWanted: (text: string) => boolean): string | null => {
    for (let line = output.shift(); line !== undefined; line = output.shift()) if (isWanted(line)) return line;
    return null;
  };
  const findLine = async (isWanted: (text: string) => boolean) => {
    const found = await until(
      () => {
        const line = nextLine(isWanted);
        if (line === null && !hasEnded(child)) throw new Error(`${args[0]} does not print the line waited for.`);
        return line;
      },
      { timeoutMs: 60_000 },
    );
    if (found === null) throw new Error(`${args[0]} ended with ${child.exitCode ?? child.signalCode}.`);
    return found;
  };
  return { child, findLine };
}

function running(child: ChildProcess): RunningProcess {
  const kill = async (signal: NodeJS.Signals) => {
    if (!hasEnded(child)) {
      const exited = once(child, 'exit');
      child.kill(signal);
      await exited;
    }
    return child.exitCode;
  };
  return { pid: child.pid ?? 0, kill, [Symbol.asyncDispose]: async () => void (await kill('SIGTERM')) };
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
