/** The engine end to end at its own seams: real database, sandbox stream. */

import { expect, test } from 'vitest';
import { startSandbox } from '../../src/sandbox/sandbox.js';
import { addExport, addProfiles, setUpDelivery, startEngine, untilFinished } from '../support/delivery.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();

test('an export of ten profiles lands in the stream and on the books', async () => {
  await using sandbox = await startSandbox({ limits: 'off' });
  sandbox.createStream('ten', 2);
  const setup = await setUpDelivery(database.db, { stream: 'ten' });
  await addProfiles(database.db, setup, 10);
  const exportId = await addExport(database.db, setup);
  await using _engine = startEngine(database.db, sandbox.endpoint);

  const books = await untilFinished(database.db, exportId);

  expect(books).toMatchObject({
    state: 'SUCCEEDED',
    received: 10,
    delivered: 10,
    failed: 0,
    skipped: 0,
    pendingRows: 0,
  });
  const records = [...sandbox.listRecords('ten')];
  expect(new Set(records.map((record) => record.partitionKey)).size).toBe(10);
  expect(JSON.parse(records[0]?.data.toString('utf8') ?? '')).toEqual({
    name: 'n'.repeat(20),
    segmentMembership: { ups: { 'segment-0': { lastQualificationTime: '2026-01-01T00:00:00Z', status: 'realized' } } },
  });
});

test('an export of nobody succeeds with 0', async () => {
  await using sandbox = await startSandbox({ limits: 'off' });
  sandbox.createStream('nobody', 1);
  const setup = await setUpDelivery(database.db, { stream: 'nobody' });
  const exportId = await addExport(database.db, setup);
  await using _engine = startEngine(database.db, sandbox.endpoint);

  expect(await untilFinished(database.db, exportId)).toMatchObject({ state: 'SUCCEEDED', received: 0, delivered: 0 });
});

test('20 % random failures of single records: ledger and books agree on every record', async () => {
  await using sandbox = await startSandbox({ limits: 'off', seed: 7 });
  sandbox.createStream('partial', 4);
  sandbox.setFaults([
    {
      kind: 'record-error',
      code: 'ProvisionedThroughputExceededException',
      probability: 0.2,
      match: { operation: 'PutRecords' },
    },
  ]);
  const setup = await setUpDelivery(database.db, { stream: 'partial', segments: 3 });
  await addProfiles(database.db, setup, 10_000);
  const exportId = await addExport(database.db, setup);
  await using _engine = startEngine(database.db, sandbox.endpoint);

  const books = await untilFinished(database.db, exportId);

  expect(books).toMatchObject({ state: 'SUCCEEDED', received: 10_000, delivered: 10_000, possibleDuplicates: 0 });
  const keys = [...sandbox.listRecords('partial')].map((record) => record.partitionKey);
  expect(keys).toHaveLength(10_000);
  expect(new Set(keys).size).toBe(10_000);
});
