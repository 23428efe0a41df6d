import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { loadSecretSeal } from '../src/domain/key-check.js';
import { ringOfOne } from '../src/domain/key-ring.js';
import { useTestDatabase } from './support/test-database.js';
import { until } from './support/until.js';

const database = useTestDatabase();
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** Runs the entry as its own process. */
function run(environment: Record<string, string>) {
  const root = join(import.meta.dirname, '..');
  const child = spawn(process.execPath, ['--import', '@oxc-node/core/register', join(root, 'src', 'main.ts')], {
    cwd: root,
    env: { ...process.env, PORT: '0', LOG_LEVEL: 'debug', ...environment },
  });
  children.push(child);
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    output.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output.stderr += chunk;
  });
  // Once its output has been read to the end, too.
  const exit = new Promise((resolve) => child.once('close', (code, signal) => resolve(code ?? signal)));
  return { child, output, exit };
}

/** Waits until the text holds the pattern, and gives its first group. */
function find(pattern: RegExp, text: () => string): Promise<string> {
  return until(
    () => {
      const found = pattern.exec(text())?.[1];
      if (found !== undefined) return found;
      throw new Error(`There is no ${pattern} in: ${text()}`);
    },
    { timeoutMs: 20_000 },
  );
}

const ENCRYPTION_KEY = randomBytes(32).toString('base64');
const started = () => run({ DATABASE_URL: database.connection, ENCRYPTION_KEY });

test('the process prints its address and the first key once, never logs the key, and ends with 0 at SIGTERM', async () => {
  const { child, output, exit } = started();
  const url = await find(/listens on (http:\S+)/, () => output.stdout);
  const key = await find(/(trb_[\w-]{43})/, () => output.stdout);
  const ready = await fetch(`${url}/health/ready`, { headers: { authorization: `Bearer ${key}` } });
  child.kill('SIGTERM');

  expect(ready.status).toBe(200);
  expect(await exit).toBe(0);
  const logLines = output.stdout.split('\n').filter((line) => line.startsWith('{'));
  expect(logLines.at(-1)).toContain('"stopped"');
  expect(logLines.join('')).not.toContain(key);
  expect(output.stdout.split(key)).toHaveLength(2);
  expect(output.stderr).toBe('');
});

test('faults of the configuration are told all at once, and the process ends with 1', async () => {
  const { output, exit } = run({ PORT: 'high', ROLE: 'boss' });

  expect(await exit).toBe(1);
  expect(output.stderr).toMatch(/2 fault\(s\)\S*\s+ROLE: .*\n\s+PORT: /);
});

test('a start with another encryption key than the first ends with 1, and says which key and what to do', async () => {
  await loadSecretSeal(database.db, ringOfOne(Buffer.from(ENCRYPTION_KEY, 'base64')));

  const { output, exit } = run({
    DATABASE_URL: database.connection,
    ENCRYPTION_KEY: randomBytes(32).toString('base64'),
  });

  expect(await exit).toBe(1);
  expect(output.stdout).not.toContain('listens on');
  expect(output.stdout).toMatch(/encryption key `default` is another one.*Start with the key/);
});
