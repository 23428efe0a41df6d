import { createHash } from 'node:crypto';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type LedgerEntry, type LedgerOptions, readLedger } from '../../src/sandbox/ledger.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { createClient, makeRecords, readStream } from './sandbox-client.js';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sandbox-ledger-'));
  path = join(folder, 'ledger.ndjson');
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const readAll = async (): Promise<LedgerEntry[]> => {
  const entries: LedgerEntry[] = [];
  for await (const entry of readLedger(path)) {
    entries.push(entry);
  }
  return entries;
};

const startWithLedger = (ledger: LedgerOptions = { path }) => startSandbox({ limits: 'off', ledger });

const putOnce = async (sandbox: Sandbox, records = makeRecords(20)) => {
  const client = createClient(sandbox.endpoint);
  try {
    return await client.send(new PutRecordsCommand({ StreamName: 'orders', Records: records }));
  } finally {
    client.destroy();
  }
};

test('the ledger holds exactly the records that consumers read', async () => {
  await using sandbox = await startWithLedger();
  sandbox.createStream('orders', 3);
  await putOnce(sandbox, [...makeRecords(50), { Data: Buffer.from('d'), PartitionKey: '"\u2028\n🙂' }]);
  const client = createClient(sandbox.endpoint);

  const read = await readStream(client, 'orders');
  client.destroy();

  const written = (await readAll()).map(({ shardId, sequenceNumber, partitionKey, data }) => ({
    shardId,
    sequenceNumber,
    partitionKey,
    data,
  }));
  const expected = read.map(({ shardId, SequenceNumber, PartitionKey, Data }) => ({
    shardId,
    sequenceNumber: SequenceNumber,
    partitionKey: PartitionKey,
    data: Buffer.from(Data ?? []).toString('base64'),
  }));
  expect(written).toHaveLength(51);
  expect(new Set(written.map((entry) => JSON.stringify(entry)))).toEqual(
    new Set(expected.map((entry) => JSON.stringify(entry))),
  );
});

test('the ledger is complete although no answer came through', async () => {
  await using sandbox = await startWithLedger();
  sandbox.createStream('orders', 1);
  sandbox.setFaults([{ kind: 'lost-answer' }]);

  await putOnce(sandbox).catch(() => undefined);

  expect(await readAll()).toHaveLength(20);
  expect(sandbox.summarizeLedger()).toMatchObject([{ stream: 'orders', records: 20 }]);
});

test('refused records are not in the ledger', async () => {
  await using sandbox = await startWithLedger();
  sandbox.createStream('orders', 1, { limits: { recordsPerSecond: 5, bytesPerSecond: 1000 } });

  await putOnce(sandbox);

  expect(await readAll()).toHaveLength(5);
});

test('the data can be kept as its hash, or not at all', async () => {
  for (const [data, expected] of [
    ['hash', createHash('sha256').update('xxxxxxxxxx').digest('hex')],
    ['none', null],
  ] as const) {
    await rm(path, { force: true });
    await using sandbox = await startWithLedger({ path, data });
    sandbox.createStream('orders', 1);
    await putOnce(sandbox, makeRecords(1));
    expect((await readAll())[0]?.data).toBe(expected);
  }
});

test('a second sandbox appends to the ledger, after cutting off a line that the first left unfinished', async () => {
  for (let round = 0; round < 2; round += 1) {
    await using sandbox = await startWithLedger();
    sandbox.createStream('orders', 1);
    await putOnce(sandbox);
    await appendFile(path, '{"at":17,"stream":"ord');
  }

  const entries = await readAll();

  expect(entries).toHaveLength(40);
  const numbers = entries.map(({ sequenceNumber }) => sequenceNumber);
  expect(numbers).toEqual([...numbers].sort());
  expect(await readFile(path, 'utf8')).toMatch(/"ord$/);
});

test('a line that is no entry is named', async () => {
  await writeFile(path, '{"at":1}\n');

  await expect(readAll()).rejects.toThrow(`Line 1 of the ledger ${path} is not a ledger entry`);
});
