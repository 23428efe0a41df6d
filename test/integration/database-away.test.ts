/** The database is cut off from a running server: who asks meanwhile is told so, and all goes on once it is back. */

import { once } from 'node:events';
import { type AddressInfo, createServer, connect as dial, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const database = useTestDatabase();

/** A way to the database that can be cut. */
async function startWay(connection: string) {
  const target = new URL(connection);
  const folder = target.searchParams.get('host');
  const port = Number(target.searchParams.get('port') ?? (target.port || 5_432));
  const sockets = new Set<Socket>();
  let isCut = false;
  const server = createServer((near) => {
    const far = folder === null ? dial(port, target.hostname) : dial(`${folder}/.s.PGSQL.${port}`);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on('error', () => undefined).on('close', () => other.destroy());
      one.pipe(other);
    }
    if (isCut) near.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  return {
    url: `postgresql://${target.username}@127.0.0.1:${address.port}${target.pathname}?sslmode=disable`,
    cut() {
      isCut = true;
      for (const socket of sockets) socket.destroy();
    },
    mend() {
      isCut = false;
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

const upload = ({ url, apiKey }: TestApp) =>
  fetch(`${url}/ingest/profiles`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/x-ndjson' },
    body: '{"profileId":"a","attributes":{}}\n',
  });

/** A key of the same form, which the server has to look for. */
const otherThan = (key: string) => `${key.slice(0, -1)}${key.endsWith('a') ? 'b' : 'a'}`;

test('queries, mutations and uploads say that the database is away, that it may be tried again, and nothing of it', {
  timeout: 60_000,
}, async () => {
  await using way = await startWay(database.connection);
  const lines: string[] = [];
  await using app = await startTestApp({ connection: way.url, onLogLine: (line) => lines.push(line) });
  expect((await app.graphql('{ segments { totalCount } }')).errors).toEqual([]);

  way.cut();
  const read = await app.graphql('{ segments { totalCount } }');
  const write = await app.graphql(
    'mutation { createSegment(input: { segmentId: "s", name: "S" }) { ... on UserError { message } } }',
  );
  const [uploaded, unknownCaller] = [await upload(app), await upload({ ...app, apiKey: otherThan(app.apiKey) })];

  for (const { errors } of [read, write])
    expect(errors[0]).toMatchObject({
      message: 'The database does not answer, or has too much to do: send again in a moment.',
      extensions: { code: 'DATABASE_UNREACHABLE', requestId: expect.any(String) },
    });
  expect(uploaded.status).toBe(503);
  expect(await uploaded.json()).toMatchObject({ errors: [{ extensions: { code: 'INGEST_INTERRUPTED' } }] });
  expect([unknownCaller.status, unknownCaller.headers.get('retry-after')]).toEqual([503, '1']);
  expect(await unknownCaller.json()).toMatchObject({ errors: [{ extensions: { code: 'DATABASE_UNREACHABLE' } }] });
  // Whoever runs the server reads the reason.
  expect(lines.some((line) => line.includes('The database gives no session: '))).toBe(true);

  way.mend();
  await until(async () => expect((await app.graphql('{ segments { totalCount } }')).errors).toEqual([]));
  expect((await upload(app)).status).toBe(200);
});
