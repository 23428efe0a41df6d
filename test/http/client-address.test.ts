/** Whose address counts: that of the socket, or what a trusted proxy says; never what a stranger writes. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { parseAddressList } from '../../src/address-list.js';
import { readClientAddress } from '../../src/http/client-address.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { useTestDatabase } from '../support/test-database.js';

const PROXIES = parseAddressList('10.0.0.0/8, 192.0.2.1,2001:db8::/32');

function addressOf(remoteAddress: string, forwarded?: string, trusted: typeof PROXIES | null = PROXIES): string {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  return readClientAddress({ headers, socket: { remoteAddress } }, trusted);
}

describe('the address is', () => {
  test.each<[string, string, string | undefined, string]>([
    ["the socket's without a header", '10.0.0.1', undefined, '10.0.0.1'],
    ["the socket's if a stranger writes the header", '203.0.113.9', '198.51.100.1', '203.0.113.9'],
    ['what a trusted proxy adds', '10.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['what a trusted proxy adds, over IPv6', '2001:db8::1', '2001:4860::8', '2001:4860::8'],
    ['what a trusted proxy adds, seen by a socket of both families', '::ffff:10.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['the last that a stranger can not have written', '10.0.0.1', '1.2.3.4, 198.51.100.1', '198.51.100.1'],
    ['behind a chain of trusted proxies', '10.0.0.1', '1.2.3.4, 198.51.100.1, 10.0.0.2,192.0.2.1', '198.51.100.1'],
    ['the first proxy if it calls by itself', '10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['without the port of it', '10.0.0.1', '198.51.100.1:4711', '198.51.100.1'],
    ['without the brackets of it', '10.0.0.1', '[2001:4860::8]:4711', '2001:4860::8'],
    ["the proxy's before what is none", '10.0.0.1', '1.2.3.4, unknown, 10.0.0.2', '10.0.0.2'],
    ["the proxy's before nothing", '10.0.0.1', '1.2.3.4,', '10.0.0.1'],
    ["the proxy's before a text", '10.0.0.1', 'x'.repeat(8_000), '10.0.0.1'],
  ])('%s', (_what, socket, forwarded, expected) => {
    expect(addressOf(socket, forwarded)).toBe(expected);
  });

  test("the socket's where no proxy is trusted", () => {
    expect(addressOf('10.0.0.1', '198.51.100.1', null)).toBe('10.0.0.1');
  });
});

const SEGMENT = 'mutation { createSegment(input: { segmentId: "s", name: "S" }) { __typename } }';

async function ask(app: TestApp, forwarded: string, query = '{ __typename }'): Promise<number> {
  const { status } = await fetch(`${app.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${app.apiKey}`,
      'x-forwarded-for': forwarded,
    },
    body: JSON.stringify({ query }),
  });
  return status;
}

/** The status of an upgrade. */
function upgrade(app: TestApp, forwarded: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(app.wsUrl, 'graphql-transport-ws', { headers: { 'x-forwarded-for': forwarded } });
    socket.once('open', () => {
      socket.close();
      resolve(101);
    });
    socket.once('unexpected-response', (_request, { statusCode }) => resolve(statusCode ?? 0));
    socket.once('error', reject);
  });
}

/** Six at once, of which two are taken, or some more on a slow machine. */
async function send(one: (index: number) => Promise<number>): Promise<{ taken: number; refused: number }> {
  const statuses = await Promise.all([1, 2, 3, 4, 5, 6].map(one));
  const refused = statuses.filter((status) => status === 429).length;
  return { taken: statuses.length - refused, refused };
}

const SOME_REFUSED = {
  taken: expect.toSatisfy((count) => count >= 2),
  refused: expect.toSatisfy((count) => count >= 1),
};

describe('behind a trusted proxy', () => {
  const database = useTestDatabase();
  let app: TestApp;
  beforeAll(async () => {
    const environment = { TRUSTED_PROXIES: '127.0.0.0/8', OPERATIONS_PER_ADDRESS: '1' };
    app = await startTestApp({ connection: database.connection, environment });
  });
  afterAll(() => app?.[Symbol.asyncDispose]());

  test('each client is counted for itself, whatever it writes before its address', async () => {
    expect(await send((index) => ask(app, `1.2.3.${index}, 198.51.100.1`))).toEqual(SOME_REFUSED);
    expect(await ask(app, '198.51.100.2')).toBe(200);
  });

  test('so are sockets, at their upgrade', async () => {
    expect(await send((index) => upgrade(app, `1.2.3.${index}, 198.51.100.3`))).toEqual(SOME_REFUSED);
    expect(await upgrade(app, '198.51.100.4')).toBe(101);
  });

  test('so are sign-ins, which have no key yet', async () => {
    const signIn = async (forwarded: string) => {
      const headers = { 'content-type': 'application/json', 'x-forwarded-for': forwarded };
      return (await fetch(`${app.url}/sign-ins`, { method: 'POST', headers, body: '{"token":"none"}' })).status;
    };

    expect(await send((index) => signIn(`1.2.3.${index}, 198.51.100.6`))).toEqual(SOME_REFUSED);
    expect(await signIn('198.51.100.7')).toBe(410);
  });

  test('the audit log has the address of the client', async () => {
    await ask(app, '1.2.3.4, 198.51.100.5', SEGMENT);

    const { rows } = await database.pool.query('select address from audit_entry');
    expect(rows).toEqual([{ address: '198.51.100.5' }]);
  });
});

describe('where no proxy is trusted', () => {
  const database = useTestDatabase();
  let app: TestApp;
  beforeAll(async () => {
    const environment = { OPERATIONS_PER_ADDRESS: '1' };
    app = await startTestApp({ connection: database.connection, environment });
  });
  afterAll(() => app?.[Symbol.asyncDispose]());

  test('a header of a stranger changes neither who is counted nor what the audit log has', async () => {
    expect(await send((index) => ask(app, `198.51.100.${index}`, SEGMENT))).toEqual(SOME_REFUSED);
    expect(await send((index) => upgrade(app, `198.51.100.${index}`))).toMatchObject({ refused: SOME_REFUSED.refused });
    const { rows } = await database.pool.query('select distinct address from audit_entry');
    expect(rows).toEqual([{ address: '127.0.0.1' }]);
  });
});
