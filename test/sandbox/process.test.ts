import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClient, makeRecords } from './sandbox-client.js';

const ROOT = join(import.meta.dirname, '..', '..');
let child: ChildProcessByStdio<null, Readable, null>;
let endpoint: string;

beforeAll(async () => {
  const script = join(ROOT, 'src', 'sandbox', 'main.ts');
  const args = ['--import', '@oxc-node/core/register', script, '--limits', 'off', '--stream', 'orders:2'];
  child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(child.stdout, 'data');
  endpoint = JSON.parse(String(line)).endpoint;
});

afterAll(() => {
  child.kill('SIGKILL');
});

const control = async (path: string, init: RequestInit = {}) => {
  const response = await fetch(`${endpoint}/sandbox/${path}`, init);
  return { status: response.status, answer: await response.json() };
};

const put = async (count: number) => {
  const client = createClient(endpoint);
  try {
    return await client.send(new PutRecordsCommand({ StreamName: 'orders', Records: makeRecords(count) }));
  } finally {
    client.destroy();
  }
};

test('its streams and records are seen over HTTP', async () => {
  const { Records: results = [] } = await put(5);

  const streams = await control('streams');
  const ledger = await control(`ledger?stream=orders&limit=2&after=${results[1]?.SequenceNumber}`);
  const stats = await control('stats');

  expect(streams.answer).toMatchObject({ streams: [{ name: 'orders', retainedRecords: 5 }] });
  expect(ledger.answer).toMatchObject({
    streams: [{ stream: 'orders', records: 5 }],
    entries: [
      { partitionKey: 'key-2', sequenceNumber: results[2]?.SequenceNumber, data: 'eHh4eHh4eHh4eA==' },
      { partitionKey: 'key-3' },
    ],
  });
  expect(stats.answer).toMatchObject({ records: 5, requests: { PutRecords: 1 } });
});

test('its faults are set, counted and lifted over HTTP', async () => {
  const rules = [{ kind: 'request-error', code: 'ServiceUnavailable', status: 503 }];

  await control('faults', { method: 'PUT', body: JSON.stringify({ rules, seed: 3 }) });
  await expect(put(1)).rejects.toMatchObject({ name: 'ServiceUnavailable' });
  const { answer } = await control('faults');
  await control('faults', { method: 'PUT', body: '[]' });

  expect(answer).toMatchObject({ faults: [{ strikes: 1 }] });
  await expect(put(1)).resolves.toBeDefined();
});

test('mistyped rules, unknown routes and streams get an error that names them', async () => {
  const refused = await control('faults', { method: 'PUT', body: '[{"kind":"nonsense"}]' });

  expect(refused).toMatchObject({ status: 400, answer: { error: expect.stringContaining('unknown kind nonsense') } });
  expect(await control('nothing')).toMatchObject({ status: 400 });
  expect(await control('ledger?stream=nowhere')).toMatchObject({ status: 404 });
});

test('it stops at SIGTERM with status 0, whatever is still open', async () => {
  await control('faults', { method: 'PUT', body: '[{"kind":"no-answer"}]' });
  const unanswered = put(1).catch((error: Error) => error);
  await expect.poll(() => control('faults')).toMatchObject({ answer: { faults: [{ strikes: 1 }] } });

  child.kill('SIGTERM');

  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(await unanswered).toBeInstanceOf(Error);
});
