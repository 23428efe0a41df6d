import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { monotonicMs } from '../../bench/harness.js';
import { Crowd, readEventNumber } from '../../bench/subscriber-crowd.js';
import { until } from '../support/until.js';

test.each([
  ['a text', '{"delivered":"1207","failed":"0"}', 1_207],
  ['a number', '{"cursor":"x","delivered":31}', 31],
  ['nothing', '{"type":"connection_ack"}', null],
])('the number of an event is read from %s', (_form, message, number) => {
  expect(readEventNumber(Buffer.from(message))).toBe(number);
});

let server: WebSocketServer;
beforeEach(async () => {
  server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
});
afterEach(() => server.close());

const eventText = (number: number) => JSON.stringify({ delivered: number });

test('a report has the delay of each message, and says what is missing or came twice', async () => {
  const crowd = new Crowd();
  await crowd.open(`ws://127.0.0.1:${Object(server.address()).port}`, 4, null);
  const clients = [...server.clients];
  const at = monotonicMs();
  for (const client of clients) client.send(eventText(1));
  clients[0]?.send(eventText(1));
  for (const client of clients.slice(1)) client.send(eventText(2));
  await until(() => expect(crowd.messages).toBe(8));

  const report = crowd.report(
    new Map([
      [1, at - 1_000],
      [2, at - 5_000],
    ]),
  );

  expect(report).toMatchObject({ missing: 1, repeated: 1, sample: eventText(1) });
  expect(report.p50Ms).toBeGreaterThanOrEqual(1_000);
  expect(report.p50Ms).toBeLessThan(5_000);
  expect(report.p99Ms).toBeGreaterThanOrEqual(5_000);
  await crowd.close();
  expect(crowd.messages).toBe(0);
});
