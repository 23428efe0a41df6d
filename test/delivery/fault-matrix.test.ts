/**
 * The fault matrix: whatever AWS does in the midst of two exports, between which every profile changes, the ledger, the
 * books and the API's numbers agree. All rows run side by side on one engine; each prints what was counted.
 */

import { expect, test } from 'vitest';
import type { Fault } from '../../src/sandbox/faults.js';
import { startSandbox } from '../../src/sandbox/sandbox.js';
import { addExport, addProfiles, readBooks, setUpDelivery, startEngine, untilFinished } from '../support/delivery.js';
import { compareWithLedger, countStates, renewProfiles } from '../support/delivery-ledger.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const database = useTestDatabase();
const PROFILES = 300;
const SEED = 20261127;

const requestError = (code: string, status = 400): Fault => ({ kind: 'request-error', code, status });
const recordError = (code: string, probability: number): Fault => ({ kind: 'record-error', code, probability });

/** Each fault with the share of requests that it strikes, from the third on until it is mended. */
const MATRIX: readonly [name: string, fault: Fault, probability: number, health: string | null][] = [
  ['half-throttled', recordError('ProvisionedThroughputExceededException', 0.5), 1, null],
  ['mostly-throttled', recordError('ProvisionedThroughputExceededException', 0.9), 1, 'THROTTLED'],
  ['failing-records', recordError('InternalFailure', 0.6), 1, null],
  ['throttled-whole', requestError('LimitExceededException'), 1, null],
  ['kms-throttled', requestError('KMSThrottlingException'), 0.5, null],
  ['bursts-of-500', requestError('InternalFailure', 500), 0.5, null],
  ['bursts-of-503', requestError('ServiceUnavailable', 503), 0.5, null],
  ['lost-answers', { kind: 'lost-answer' }, 0.4, null],
  ['silent', { kind: 'no-answer', append: true }, 0.4, null],
  ['byte-by-byte', { kind: 'slow-body', intervalMs: 1_000 }, 0.4, null],
  ['resets', { kind: 'reset' }, 0.4, null],
  ['half-bodies', { kind: 'half-body' }, 0.4, null],
  ['empty-answers', { kind: 'empty-answer' }, 0.4, null],
  ['html', { kind: 'html-body', append: true }, 0.4, null],
  ['short-arrays', { kind: 'short-result' }, 0.4, null],
  ['denied', requestError('AccessDeniedException'), 1, 'HALTED'],
  ['token-expired', requestError('ExpiredTokenException'), 1, 'HALTED'],
  ['key-disabled', requestError('KMSDisabledException'), 1, 'HALTED'],
  ['key-missing', requestError('KMSNotFoundException'), 1, 'HALTED'],
  ['stream-missing', requestError('ResourceNotFoundException'), 1, 'HALTED'],
];

test('every fault in mid-export: nothing lost, copies within the unknown outcomes, no older state after a newer one', {
  timeout: 180_000,
}, async () => {
  await using sandbox = await startSandbox({ limits: 'off' });
  await using _engine = startEngine(database.db, sandbox.endpoint, { maxLanes: 64, probeIntervalMs: 300 });
  const rows = MATRIX.map(([name, fault, probability]) => ({ name, fault, probability }));
  const broken = new Set(rows.map(({ name }) => name));
  const setRules = () =>
    sandbox.setFaults(
      rows
        .filter(({ name }) => broken.has(name))
        .map(({ name, fault, probability }) => ({
          ...fault,
          match: { operation: 'PutRecords', stream: name, requests: { from: 3 }, probability },
        })),
      SEED,
    );
  setRules();
  const struck = new Set<string>();
  const mend = (name: string) => {
    for (const { rule, strikes } of sandbox.faultCounts()) if (strikes > 0) struck.add(rule.match?.stream ?? '');
    broken.delete(name);
    setRules();
  };

  const counted = await Promise.all(MATRIX.map((row) => runRow(row, { sandbox, mend })));

  // Rules that struck, before each was mended: a row whose fault never came shows nothing.
  expect(rows.filter(({ name }) => !struck.has(name)).map(({ name }) => name)).toEqual([]);
  process.stdout.write(`seed ${SEED}\n${counted.map((row) => JSON.stringify(row)).join('\n')}\n`);
  expect(counted.filter(({ lost, inversions }) => lost > 0 || inversions > 0)).toEqual([]);
  // A record whose outcome was unknown several times may have several copies, and is counted once.
  expect(counted.filter(({ copied, unknown }) => copied > unknown)).toEqual([]);
});

interface RowContext {
  sandbox: Awaited<ReturnType<typeof startSandbox>>;
  mend(name: string): void;
}

async function runRow([name, , , health]: (typeof MATRIX)[number], { sandbox, mend }: RowContext) {
  sandbox.createStream(name, 2);
  const setup = await setUpDelivery(database.db, { stream: name });
  await addProfiles(database.db, setup, PROFILES);
  const first = await addExport(database.db, setup);
  if (health) await untilHealth(setup.destinationId, health);
  else
    await until(async () => expect((await readBooks(database.db, first)).attempts).toBeGreaterThan(0), {
      timeoutMs: 60_000,
      intervalMs: 100,
    });
  await renewProfiles(database.db, setup.workspaceId);
  const second = await addExport(database.db, setup);
  if (health) mend(name);
  // The others are mended once they have struck often enough.
  else setTimeout(() => mend(name), 3_000);

  const books = [await untilFinished(database.db, first, 90_000), await untilFinished(database.db, second, 90_000)];

  for (const found of books)
    expect({ name, ...found }).toMatchObject({ name, state: 'SUCCEEDED', received: PROFILES, delivered: PROFILES });
  const ledger = await compareWithLedger(database.db, sandbox, { stream: name, destinationId: setup.destinationId });
  expect({ name, invented: ledger.invented }).toEqual({ name, invented: 0 });
  const { newest, inversions } = countStates(sandbox, name);
  return {
    name,
    lost: PROFILES - newest,
    copies: ledger.untold.length,
    copied: new Set(ledger.untold).size,
    unknown: books.reduce((sum, found) => sum + found.possibleDuplicates, 0),
    inversions,
  };
}

async function untilHealth(destinationId: number, status: string): Promise<void> {
  await until(
    async () => {
      const row = await database.db
        .selectFrom('destination')
        .select('health_status')
        .where('id', '=', destinationId)
        .executeTakeFirstOrThrow();
      expect(row.health_status).toBe(status);
    },
    { timeoutMs: 60_000, intervalMs: 100 },
  );
}
