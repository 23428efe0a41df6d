/** The demo as newcomers run it, on few profiles: its processes, its database, its stream. */
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli, startCli } from './cli-process.js';

const TIMEOUT_MS = 120_000;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tributary-demo-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const demo = (...args: string[]) => ['demo', '--profiles', '200', '--data-folder', folder, ...args];

test('it delivers every profile, says so, and does it again on the same folder', { timeout: TIMEOUT_MS }, async () => {
  const first = await runCli(demo());
  const second = await runCli(demo());

  for (const { status, stdout, stderr } of [first, second]) {
    expect(stderr.replace(/\(node:\d+\) Warning: [\s\S]*/, '')).toBe('');
    expect(stdout).toMatch(/received +200\n +delivered +200\n +failed +0\n +skipped +0\n/);
    expect(stdout).toMatch(/latency +p50 [\d.]+ ms, p99 [\d.,]+ ms/);
    expect(stdout).toContain('Export, events and stream agree: 200 delivered');
    expect(countShards(stdout)).toEqual({ shards: 4, records: 200 });
    expect(stdout).toContain('"identityMap": {"ecid":[{"id":');
    expect(status).toBe(0);
  }
});

test('its key is kept for its owner only, and printed nowhere', { timeout: TIMEOUT_MS }, async () => {
  const path = join(folder, 'demo-api-key');
  const { stdout, stderr } = await runCli(demo());

  const key = (await readFile(path, 'utf8')).trim();

  expect(key).toMatch(/^trb_/);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(stdout + stderr).not.toContain(key);
});

test('with --keep the API goes on until Ctrl-C, and nothing is left then', { timeout: TIMEOUT_MS }, async () => {
  const run = startCli(demo('--keep'));
  await expect.poll(() => run.printed(), { timeout: TIMEOUT_MS }).toContain('Ctrl-C stops it.');
  const url = /The API is at (?<url>\S+)\/graphql/.exec(run.printed())?.groups?.['url'];
  const live = await fetch(`${url}/health/live`);
  const token = /\/#sign-in=(?<token>\S+)/.exec(run.printed())?.groups?.['token'];
  const signIn = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ token }) };
  const signedIn = await fetch(`${url}/sign-ins`, signIn);

  run.child.kill('SIGINT');

  expect([live.status, signedIn.status]).toEqual([200, 200]);
  expect((await run.end).status).toBe(0);
  await expect(fetch(`${url}/health/live`)).rejects.toThrow('fetch failed');
});

test('killed in the middle, its server goes with it, and the next run ends well', { timeout: TIMEOUT_MS }, async () => {
  const run = startCli(demo());
  await expect.poll(() => run.printed(), { timeout: TIMEOUT_MS }).toContain('Load');
  const url = /Server +(?<url>http\S+),/.exec(run.printed())?.groups?.['url'];

  run.child.kill('SIGKILL');
  await run.end;
  const isGone = () =>
    fetch(`${url}/health/live`).then(
      () => false,
      () => true,
    );
  await expect.poll(isGone, { timeout: TIMEOUT_MS }).toBe(true);

  expect(await runCli(demo())).toMatchObject({ status: 0 });
});

function countShards(stdout: string): { shards: number; records: number } {
  const counts = [...stdout.matchAll(/(?<records>[\d,]+) {2}shardId-\d+/g)].map(({ groups }) =>
    Number(groups?.['records']),
  );
  return { shards: counts.length, records: counts.reduce((sum, count) => sum + count, 0) };
}
