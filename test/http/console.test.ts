import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { type Console, NONCE_PLACE, readConsole } from '../../src/http/console.js';
import { createMetrics } from '../../src/http/metrics.js';
import { type HttpServer, startHttpServer } from '../../src/http/server.js';

const log = pino({ level: 'silent' });
const files: Console = {
  page: `<meta name="style-nonce" content="${NONCE_PLACE}">`,
  assets: new Map([['/assets/main-1.js', { type: 'text/javascript; charset=utf-8', body: Buffer.from('let a;') }]]),
};

function startServer(console: Console | null = files): Promise<HttpServer> {
  const metrics = createMetrics({ readBooks: () => Promise.reject(new Error('no database')), log });
  const pingDatabase = () => Promise.resolve();
  return startHttpServer({
    host: '127.0.0.1',
    port: 0,
    maxBodyBytes: 1_024,
    log,
    graphql: null,
    console,
    metrics,
    pingDatabase,
  });
}

const asBrowser = { headers: { accept: 'text/html,application/xhtml+xml' } };

test('each page has a nonce of its own, and a policy that lets nothing in from elsewhere', async () => {
  await using server = await startServer();

  const answers = [await fetch(server.url), await fetch(server.url)];
  const pages = await Promise.all(answers.map((answer) => answer.text()));

  const [policy = ''] = answers.map(({ headers }) => headers.get('content-security-policy'));
  const nonce = /nonce-([^']+)'/.exec(policy ?? '')?.[1] ?? 'none';
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toContain('unsafe');
  expect(pages[0]).toContain(`content="${nonce}"`);
  expect(pages[1]).not.toContain(nonce);
  expect(answers[0]?.headers.get('cache-control')).toBe('no-cache');
});

test('a file is compressed for who takes it, and may be kept for ever', async () => {
  await using server = await startServer();

  const packed = await fetch(`${server.url}/assets/main-1.js`);
  const plain = await fetch(`${server.url}/assets/main-1.js`, { headers: { 'accept-encoding': 'identity' } });

  expect(packed.headers.get('content-encoding')).toBe('gzip');
  expect(packed.headers.get('cache-control')).toContain('immutable');
  expect(await packed.text()).toBe('let a;');
  expect(plain.headers.get('content-encoding')).toBeNull();
  expect(await plain.text()).toBe('let a;');
});

test('a browser gets the page at the address of any view; scripts and other methods get what they did', async () => {
  await using server = await startServer();

  const view = await fetch(`${server.url}/destinations/abc?window=LAST_HOUR`, asBrowser);
  const script = await fetch(`${server.url}/destinations/abc`);
  const asset = await fetch(`${server.url}/assets/gone-2.js`, asBrowser);
  const posted = await fetch(`${server.url}/destinations/abc`, { ...asBrowser, method: 'POST' });

  expect([view.status, script.status, asset.status, posted.status]).toEqual([200, 404, 404, 404]);
  expect(await view.text()).toContain('style-nonce');
});

test('without a build there is no console, and the API is served', async () => {
  await using server = await startServer(null);

  expect((await fetch(server.url, asBrowser)).status).toBe(404);
  expect((await fetch(`${server.url}/health/live`)).status).toBe(200);
});

test('a build is read with its files by address; a folder without one is none', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-console-'));
  const empty = await readConsole(folder);
  await writeFile(join(folder, 'index.html'), files.page);
  await writeFile(join(folder, 'main-1.js'), 'let a;');
  await writeFile(join(folder, 'notes.txt'), 'not served');
  const read = await readConsole(folder);
  await rm(folder, { recursive: true });

  expect(empty).toBeNull();
  expect(read?.page).toBe(files.page);
  expect([...(read?.assets.keys() ?? [])]).toEqual(['/main-1.js']);
  expect(await readConsole(folder)).toBeNull();
});
