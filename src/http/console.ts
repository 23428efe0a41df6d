/** The console's files: read once, served from memory, under a strict Content-Security-Policy. */

import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** A built console. */
export interface Console {
  /** The page with {@link NONCE_PLACE} in it. */
  readonly page: string;
  /** Everything else, by address, such as `/assets/main-1a2b.js`. */
  readonly assets: ReadonlyMap<string, ConsoleAsset>;
}

/** A file whose name changes with its content. */
export interface ConsoleAsset {
  readonly type: string;
  readonly body: Buffer;
}

/** Where the page wants the nonce of its styles: made anew for each answer. */
export const NONCE_PLACE = '__STYLE_NONCE__';

const PAGE_FILE = 'index.html';
const NONCE_BYTES = 18;
const SECONDS_OF_A_YEAR = 31_536_000;

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

const compress = promisify(gzip);

/** Reads the folder that the build writes. @returns null if there is no build: the API works without. */
export async function readConsole(folder: string): Promise<Console | null> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => null);
  if (!entries?.some(({ name }) => name === PAGE_FILE)) return null;
  const assets = new Map<string, ConsoleAsset>();
  for (const entry of entries) {
    const type = TYPES[extname(entry.name)];
    if (!entry.isFile() || !type) continue;
    const path = join(entry.parentPath, entry.name);
    assets.set(`/${relative(folder, path).split(sep).join('/')}`, { type, body: await readFile(path) });
  }
  return { page: await readFile(join(folder, PAGE_FILE), 'utf8'), assets };
}

/** Serves the page at `/` and each asset at its address, before the server listens. */
export function registerConsole(server: FastifyInstance, files: Console): void {
  server.get('/', (_request, reply) => sendPage(files, reply));
  for (const [address, asset] of files.assets) {
    // Compressed at the first request: a process that nobody looks at does not pay for it.
    let compressed: Promise<Buffer> | undefined;
    server.get(address, async (request, reply) => {
      setSafety(reply)
        .header('cache-control', `public, max-age=${SECONDS_OF_A_YEAR}, immutable`)
        .header('vary', 'accept-encoding')
        .type(asset.type);
      if (!acceptsGzip(request)) return asset.body;
      compressed ??= compress(asset.body);
      reply.header('content-encoding', 'gzip');
      return await compressed;
    });
  }
}

/** Whether a browser asks for a page, such as one of the console's views: scripts and curl ask for anything. */
export function isPageRequest(request: FastifyRequest): boolean {
  const path = request.url.split('?')[0] ?? '';
  return request.method === 'GET' && !extname(path) && /\btext\/html\b/.test(request.headers.accept ?? '');
}

/** Sends the page: it finds its view by the address. */
export function sendPage({ page }: Console, reply: FastifyReply): FastifyReply {
  const nonce = randomBytes(NONCE_BYTES).toString('base64');
  return setSafety(reply)
    .header('content-security-policy', contentSecurityPolicy(nonce))
    .header('cache-control', 'no-cache')
    .type('text/html; charset=utf-8')
    .send(page.replaceAll(NONCE_PLACE, nonce));
}

/** Nothing from elsewhere, no inline script, inline styles only of who knows the nonce, no embedding. */
function contentSecurityPolicy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

function setSafety(reply: FastifyReply): FastifyReply {
  return reply
    .header('x-content-type-options', 'nosniff')
    .header('referrer-policy', 'no-referrer')
    .header('cross-origin-opener-policy', 'same-origin');
}

function acceptsGzip(request: FastifyRequest): boolean {
  return /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
}
