/** The command `tributary` as a process of its own, run from the sources. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** How a command ended. */
export interface CliEnd {
  /** Exit status; null if a signal ended it. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs. */
export interface CliRun {
  readonly child: ChildProcess;
  /** What it has printed so far. */
  printed(): string;
  readonly end: Promise<CliEnd>;
}

const ROOT = join(import.meta.dirname, '..', '..');

/** Starts a command. @param environment variables on top of this process's. */
export function startCli(args: readonly string[], environment: Readonly<Record<string, string>> = {}): CliRun {
  const script = join(ROOT, 'src', 'cli', 'main.ts');
  const child = spawn(process.execPath, ['--import', '@oxc-node/core/register', script, ...args], {
    cwd: ROOT,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  child.stdout.on('data', (piece: Buffer) => {
    printed += piece.toString('utf8');
  });
  return { child, printed: () => printed, end: waitForEnd(child, () => printed) };
}

/** Runs a command to its end. */
export function runCli(args: readonly string[], environment?: Readonly<Record<string, string>>): Promise<CliEnd> {
  return startCli(args, environment).end;
}

async function waitForEnd(child: ChildProcess, printed: () => string): Promise<CliEnd> {
  const stderr = child.stderr ? text(child.stderr) : '';
  const [status] = await once(child, 'close');
  return { status: typeof status === 'number' ? status : null, stdout: printed(), stderr: await stderr };
}
