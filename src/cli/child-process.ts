/** Processes that a command starts beside itself and ends with itself. */

import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { extname, join } from 'node:path';
// Handed on, not read: what a variable means is the child's business (its config.ts), and the demo's settings come on top.
import { env as inherited } from 'node:process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { CommandError } from './command-error.js';

/** What to start, and how to know that it is ready. */
export interface ChildOptions<Ready> {
  /** What it is, for messages, such as `server`. */
  readonly title: string;
  /** Path of the script below the folder of all code, without its extension, such as `sandbox/main`. */
  readonly script: string;
  readonly args?: readonly string[];
  /** Variables on top of this process's own; an empty one counts as unset. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Reads a line of its output; what is awaited, or null as long as it has not come. */
  readonly readLine: (line: string) => Ready | null;
  /** How long it may take to be ready, in ms. */
  readonly startTimeoutMs: number;
}

/** A running process; disposing stops it with SIGTERM, and by force if it does not go. */
export interface Child<Ready> extends AsyncDisposable {
  /** What it said when it was ready. */
  readonly ready: Ready;
  /** Rejects if it ends by itself; never resolves. */
  readonly failed: Promise<never>;
}

const STOP_TIMEOUT_MS = 30_000;
const KEPT_LINES = 20;

type Process = ChildProcess & { readonly stdout: Readable; readonly stderr: Readable };

/**
 * Starts a process and waits until it is ready.
 * @throws {CommandError} with its last lines of output if it ends before or takes too long.
 */
export async function startChild<Ready>(options: ChildOptions<Ready>, signal: AbortSignal): Promise<Child<Ready>> {
  const child = launch(options);
  const exited = once(child, 'exit');
  const tail = new OutputTail();
  const ready = awaitReady(child, options, tail);
  const failed = exited.then(() => Promise.reject(new CommandError(`The ${options.title} ended.${tail.describe()}`)));
  failed.catch(() => undefined);
  ready.catch(() => undefined);
  const stop = () => stopProcess(child, exited);
  try {
    const timeout = expire(options, AbortSignal.any([signal, AbortSignal.timeout(options.startTimeoutMs)]), tail);
    return { ready: await Promise.race([ready, failed, timeout]), failed, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * Runs a script to its end; what it prints goes where this process's own output goes.
 * @param script as in {@link ChildOptions}; `args` are its own.
 * @param signal ends it with SIGTERM.
 * @returns its exit code; null if a signal ended it.
 */
export async function runChild(script: string, args: readonly string[], signal: AbortSignal): Promise<number | null> {
  const child = spawnScript(script, args, { env: inherited, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const exited = once(child, 'exit');
  const stop = () => void child.kill('SIGTERM');
  signal.addEventListener('abort', stop, { once: true });
  await exited;
  signal.removeEventListener('abort', stop);
  return child.exitCode;
}

function launch<Ready>({ script, args = [], environment = {} }: ChildOptions<Ready>): Process {
  const env = { ...inherited, ...environment };
  const child = spawnScript(script, args, { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  const { stdout, stderr } = child;
  if (!stdout || !stderr) throw new Error('A child has no output.');
  return Object.assign(child, { stdout, stderr });
}

function spawnScript(script: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  // Run from the sources, the children are too: with the same loader and extension.
  const extension = extname(import.meta.filename);
  const path = join(import.meta.dirname, '..', `${script}${extension}`);
  const preload = pathToFileURL(join(import.meta.dirname, `end-with-parent${extension}`)).href;
  // A group of its own: Ctrl-C reaches the command alone, which then ends its children in order.
  return spawn(process.execPath, [...process.execArgv, '--import', preload, path, ...args], {
    ...options,
    detached: true,
  });
}

function awaitReady<Ready>(child: Process, { readLine }: ChildOptions<Ready>, tail: OutputTail): Promise<Ready> {
  createInterface({ input: child.stderr }).on('line', (line) => tail.add(line));
  return new Promise((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      tail.add(line);
      const ready = readLine(line);
      if (ready !== null) resolve(ready);
    });
  });
}

async function expire<Ready>(options: ChildOptions<Ready>, signal: AbortSignal, tail: OutputTail): Promise<never> {
  if (!signal.aborted) await once(signal, 'abort');
  const isInterrupted = !(signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError');
  if (isInterrupted) throw signal.reason;
  throw new CommandError(`The ${options.title} was not ready within ${options.startTimeoutMs} ms.${tail.describe()}`);
}

async function stopProcess(child: Process, exited: Promise<unknown>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(force);
}

/** The last lines of log that a process wrote. Other lines are left out: a server shows a new API key in one. */
class OutputTail {
  readonly #lines: string[] = [];

  add(line: string): void {
    if (line.trim() === '' || /\btrb_/.test(line)) return;
    this.#lines.push(line);
    if (this.#lines.length > KEPT_LINES) this.#lines.shift();
  }

  /** The lines for the end of a message; empty if there are none. */
  describe(): string {
    return this.#lines.length > 0 ? ` Its last lines:\n${this.#lines.join('\n')}` : '';
  }
}
