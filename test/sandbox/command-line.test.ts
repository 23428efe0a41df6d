import { expect, test } from 'vitest';
import { parseCommandLine } from '../../src/sandbox/command-line.js';

test('without arguments everything has its default', () => {
  expect(parseCommandLine([])).toMatchObject({
    streams: [],
    options: { port: 0, host: '127.0.0.1', limits: 'aws', seed: 1, faults: [], ledger: { data: 'full' } },
  });
});

test('every argument is read', () => {
  const args = '--port 4567 --limits 10,2000 --retain-bytes 0 --ledger book.ndjson --ledger-data hash --seed 9';
  const repeated = '--access-key AKIAA --access-key AKIAB --stream orders:3 --stream visits';

  expect(parseCommandLine(`${args} ${repeated}`.split(' '))).toMatchObject({
    streams: [
      { name: 'orders', shards: 3 },
      { name: 'visits', shards: 1 },
    ],
    options: {
      port: 4567,
      limits: { recordsPerSecond: 10, bytesPerSecond: 2000 },
      retainBytes: 0,
      ledger: { path: 'book.ndjson', data: 'hash' },
      seed: 9,
      accessKeyIds: ['AKIAA', 'AKIAB'],
    },
  });
});

test.each([
  ['--port x', "--port needs a whole number where it says 'x'."],
  ['--limits 5', "--limits needs a whole number where it says ''."],
  ['--ledger-data all', '--ledger-data all is not one of full, hash, none.'],
  ['--nonsense', "Unknown option '--nonsense'"],
])('%s is refused by name', (args, message) => {
  expect(() => parseCommandLine(args.split(' '))).toThrow(message);
});
