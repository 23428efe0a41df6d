/** A hundred destinations in one process, ten of them broken in different ways: none waits for another. */

import { expect, test } from 'vitest';
import { createProfiles } from '../../src/domain/profile.js';
import type { FaultRule } from '../../src/sandbox/faults.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { addActivation, addDestination, type DeliverySetup, setUpDelivery, startEngine } from '../support/delivery.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const database = useTestDatabase();
const WELL = 90;
const PROFILES = 32;

/** Each with what its health says once it was noticed. */
const BROKEN: readonly { name: string; fault: FaultRule; health: string; code: string }[] = [
  broken('silent', { kind: 'no-answer' }, 'DEGRADED', 'OUTCOME_UNKNOWN'),
  broken('dripping', { kind: 'slow-body', intervalMs: 1_000 }, 'DEGRADED', 'OUTCOME_UNKNOWN'),
  broken('resetting', { kind: 'reset' }, 'DEGRADED', 'OUTCOME_UNKNOWN'),
  broken('proxied', { kind: 'html-body' }, 'DEGRADED', 'AWS_UNAVAILABLE'),
  broken('failing', { kind: 'request-error', code: 'InternalFailure', status: 500 }, 'DEGRADED', 'AWS_UNAVAILABLE'),
  broken('denied', { kind: 'request-error', code: 'AccessDeniedException', status: 400 }, 'HALTED', 'ACCESS_DENIED'),
  broken(
    'expired',
    { kind: 'request-error', code: 'ExpiredTokenException', status: 400 },
    'HALTED',
    'CREDENTIAL_EXPIRED',
  ),
  broken(
    'missing',
    { kind: 'request-error', code: 'ResourceNotFoundException', status: 400 },
    'HALTED',
    'STREAM_NOT_FOUND',
  ),
  broken('keyless', { kind: 'request-error', code: 'KMSDisabledException', status: 400 }, 'HALTED', 'KMS_KEY_DISABLED'),
  broken('full', { kind: 'record-error', code: 'ProvisionedThroughputExceededException' }, 'THROTTLED', 'THROTTLED'),
];

test('ninety deliver while ten cannot, each says why, and all deliver once they are mended', async () => {
  await using sandbox = await startSandbox({ limits: 'off' });
  sandbox.setFaults(BROKEN.map(({ fault }) => fault));
  const setup = await setUpDelivery(database.db, { stream: 'well-0' });
  const well = ['well-0', ...(await addDestinations(setup, names('well', WELL).slice(1)))];
  const ill = await addDestinations(
    setup,
    BROKEN.map(({ name }) => name),
  );
  for (const stream of [...well, ...ill]) sandbox.createStream(stream, 2);
  const profiles = createProfiles({ db: database.db, clock: () => new Date() });
  const change = async (state: string) =>
    await profiles.upsert(
      setup.workspaceId,
      Array.from({ length: PROFILES }, (_, number) => ({
        profileId: `p${number}`,
        attributes: { name: state },
        memberships: [{ segmentId: 'segment-0', status: 'REALIZED' as const }],
      })),
    );
  const arrived = (streams: readonly string[], state: string) => async () =>
    expect(streams.filter((stream) => countProfiles(sandbox, stream, state) < PROFILES)).toEqual([]);
  await using engine = startEngine(database.db, sandbox.endpoint, { maxLanes: 16, probeIntervalMs: 1_000 });

  // First all ten show what is wrong with them; then the ninety are told of a change that the ten cannot hear of.
  await change('first');
  engine.wake();
  await until(arrived(well, 'first'), { timeoutMs: 120_000, intervalMs: 250 });
  await until(async () => expect(await readHealth(ill)).toEqual(BROKEN.map(({ health, code }) => [health, code])), {
    timeoutMs: 120_000,
    intervalMs: 250,
  });
  const rollOut = async (state: string, streams: readonly string[]) => {
    const startedAt = performance.now();
    await change(state);
    engine.wake();
    await until(arrived(streams, state), { timeoutMs: 120_000, intervalMs: 250 });
    return performance.now() - startedAt;
  };
  const besideMs = await rollOut('second', well);
  // One appends what it is sent, and lets nobody know.
  const heard = ill.filter((stream) => countProfiles(sandbox, stream, '') > 0);
  expect(heard.filter((stream) => stream !== 'dripping')).toEqual([]);

  sandbox.setFaults([]);

  await until(arrived(ill, 'second'), { timeoutMs: 120_000, intervalMs: 250 });
  const mendedMs = await rollOut('third', well);
  process.stdout.write(`ninety of a hundred: ${JSON.stringify({ besideMs, mendedMs })}\n`);
  // A call into the silence lasts 5 s and more, and each of the ten has many: one that waited for them would show it.
  expect(besideMs).toBeLessThan(2 * mendedMs + 4_000);
  await until(async () => expect(await readHealth(well)).toEqual(well.map(() => ['HEALTHY', null])));
}, 480_000);

function broken(name: string, fault: FaultRule, health: string, code: string) {
  return { name, fault: { ...fault, match: { operation: 'PutRecords', stream: name } }, health, code };
}

function names(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
}

/** @returns their streams, which name them. */
async function addDestinations(setup: DeliverySetup, streams: readonly string[]): Promise<readonly string[]> {
  const { workspaceId, segmentIds, destinationId } = setup;
  const { credential_id: credentialId } = await database.db
    .selectFrom('destination')
    .select('credential_id')
    .where('id', '=', destinationId)
    .executeTakeFirstOrThrow();
  for (const stream of streams) {
    const id = await addDestination(database.db, { workspaceId, credentialId, stream });
    await addActivation(database.db, { workspaceId, destinationId: id, segmentIds, attributes: ['name'] });
  }
  return streams;
}

/** Profiles of which the stream holds a record with this state. */
function countProfiles(sandbox: Sandbox, stream: string, state: string): number {
  const found = [...sandbox.listRecords(stream)].filter((record) => record.data.includes(`"name":"${state}`));
  return new Set(found.map((record) => record.partitionKey)).size;
}

async function readHealth(streams: readonly string[]): Promise<[string, string | null][]> {
  const rows = await database.db.selectFrom('destination').select(['stream', 'health_status', 'health_code']).execute();
  const found = new Map(
    rows.map((row): [string, [string, string | null]] => [row.stream, [row.health_status, row.health_code]]),
  );
  return streams.map((stream) => found.get(stream) ?? ['MISSING', null]);
}
