import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openDatabase } from '../../src/storage/database.js';
import { createListener, type Listener } from '../../src/storage/notification-listener.js';
import { createNotifier, type Notifier, packKeys } from '../../src/storage/notifications.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const database = useTestDatabase({ isEmpty: true });
const log = pino({ level: 'silent' });
let notifier: Notifier;
let listener: Listener;
let calls: string[][];

beforeEach(() => {
  calls = [];
  notifier = createNotifier({ db: database.db, log });
  listener = createListener({ connection: database.connection, log });
});

afterEach(async () => {
  await notifier[Symbol.asyncDispose]();
  await listener[Symbol.asyncDispose]();
});

async function subscribe(channel: string): Promise<Disposable> {
  const subscription = listener.subscribe(channel, (keys) => calls.push(keys));
  await until(() => expect(calls).toEqual([[]]));
  return subscription;
}

async function cutListener() {
  await database.pool.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where application_name = 'tributary listener' and datname = current_database()`,
  );
}

test('a subscriber is first told to look for itself, then gets the keys', async () => {
  await subscribe('lane');

  notifier.notify('lane', 'a');

  await until(() => expect(calls).toEqual([[], ['a']]));
});

test('keys of one moment travel in one call, each once', async () => {
  await subscribe('lane');

  for (const key of ['a', 'b', 'a', 'c', 'b']) notifier.notify('lane', key);

  await until(() => expect(calls).toEqual([[], ['a', 'b', 'c']]));
});

test('the own process hears each call at once and only once, others what was gathered', async () => {
  await subscribe('lane');
  await using own = createNotifier({ db: database.db, log, local: listener });
  await using other = createListener({ connection: database.connection, log });
  const heard: string[][] = [];
  using _subscription = other.subscribe('lane', (keys) => heard.push(keys));
  await until(() => expect(heard).toEqual([[]]));

  for (const key of ['a', 'b', 'a']) own.notify('lane', key);

  expect(calls).toEqual([[], ['a'], ['b'], ['a']]);
  await until(() => expect(heard).toEqual([[], ['a', 'b']]));
  notifier.notify('lane', 'end');
  await until(() => expect(calls).toEqual([[], ['a'], ['b'], ['a'], ['end']]));
});

test('channels are kept apart, whatever characters they have', async () => {
  await subscribe('lane"; drop');

  notifier.notify('other', 'x');
  notifier.notify('lane"; drop', 'é"\\');

  await until(() => expect(calls).toEqual([[], ['é"\\']]));
});

test('many long keys all arrive, in several calls', async () => {
  const keys = Array.from({ length: 40 }, (_, index) => `${index}-${'"'.repeat(900)}`);
  await subscribe('lane');

  for (const key of keys) notifier.notify('lane', key);

  await until(() => expect(calls.flat()).toEqual(keys));
});

test('disposing the notifier sends what is waiting', async () => {
  await subscribe('lane');
  const slow = createNotifier({ db: database.db, log, coalesceMs: 60_000 });
  slow.notify('lane', 'last');

  await slow[Symbol.asyncDispose]();

  await until(() => expect(calls).toEqual([[], ['last']]));
});

test('a failed send is logged and hurts nobody', async () => {
  const closed = openDatabase({ connection: database.connection });
  await closed[Symbol.asyncDispose]();
  const warn = vi.fn();
  const failing = createNotifier({ db: closed.db, log: Object.assign(pino({ level: 'silent' }), { warn }) });

  failing.notify('lane', 'a');

  await until(() => expect(warn).toHaveBeenCalledOnce());
  await failing[Symbol.asyncDispose]();
});

test('after a broken session the subscriber is told to look for itself, and hears again', async () => {
  await subscribe('lane');

  await cutListener();

  await until(() => expect(calls).toEqual([[], []]));
  notifier.notify('lane', 'later');
  await until(() => expect(calls).toEqual([[], [], ['later']]));
});

test('who left hears nothing, who stays does', async () => {
  const first = await subscribe('lane');
  const others: string[][] = [];
  listener.subscribe('lane', (keys) => others.push(keys));

  first[Symbol.dispose]();
  notifier.notify('lane', 'a');

  await until(() => expect(others).toEqual([['a']]));
  expect(calls).toEqual([[]]);
});

test('a failing subscriber does not keep others from hearing', async () => {
  listener.subscribe('lane', () => {
    throw new Error('broken subscriber');
  });
  await subscribe('lane');

  notifier.notify('lane', 'a');

  await until(() => expect(calls).toEqual([[], ['a']]));
});

test('a payload of somebody else counts as a call to look', async () => {
  await subscribe('lane');

  await database.pool.query(`select pg_notify('lane', 'not json')`);

  await until(() => expect(calls).toEqual([[], []]));
});

test('a listener without a server can be closed', async () => {
  const lost = createListener({ connection: 'postgresql://nobody@127.0.0.1:1/none', log });
  lost.subscribe('lane', (keys) => calls.push(keys));

  await lost[Symbol.asyncDispose]();

  expect(calls).toEqual([]);
});

test('payloads stay under the limit of PostgreSQL, also with escapes', () => {
  const keys = Array.from({ length: 100 }, (_, index) => `${index}${'\u0001'.repeat(200)}`);

  const packed = packKeys(keys);

  expect(packed.flat()).toEqual(keys);
  const payloads = packed.map((some) => JSON.stringify({ from: randomUUID(), keys: some }));
  expect(Math.max(...payloads.map((payload) => Buffer.byteLength(payload)))).toBeLessThan(8_000);
});
