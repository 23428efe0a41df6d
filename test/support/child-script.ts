/** Scripts of tests in processes of their own, to be frozen or killed. They leave when their input ends. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** A script at work; disposing kills it. */
export interface ChildScript extends AsyncDisposable {
  process: ChildProcess;
  /** The whole lines that it has written so far. */
  readonly lines: string[];
  /** How often it said a word, on a line by itself. */
  said(word: string): number;
  /** Ends it as the system would: nothing of it runs any more when this resolves. */
  kill(): Promise<void>;
}

/** Starts a TypeScript file. @param environment variables on top of this process's. */
export function startChildScript(
  script: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): ChildScript {
  const child = spawn(process.execPath, ['--import', '@oxc-node/core/register', script, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, NODE_NO_WARNINGS: '1', ...environment },
  });
  const closed = once(child, 'close');
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const readLines = () => output.split('\n').slice(0, -1);
  const kill = async () => {
    child.kill('SIGKILL');
    await closed;
  };
  return {
    process: child,
    get lines() {
      return readLines();
    },
    said: (word) => readLines().filter((line) => line === word).length,
    kill,
    [Symbol.asyncDispose]: kill,
  };
}
