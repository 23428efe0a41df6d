/** Which secret signs: pages that were read before a rotation send nothing more. */

import { pino } from 'pino';
import { expect, test } from 'vitest';
import { createSinks } from '../../src/delivery/sinks.js';
import { fixedKeys } from '../../src/kinesis/keys.js';
import { startSandbox } from '../../src/sandbox/sandbox.js';
import type { DeliveryTarget } from '../../src/storage/delivery-target.js';
import { exampleTarget } from '../support/delivery.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
const OLD = 'AKIAOLDOLDOLDOLDOLD1';
const NEW = 'AKIANEWNEWNEWNEWNEW2';
const RECORD = { data: Buffer.from('{}'), partitionKey: 'p' };
const never = new AbortController().signal;

test('after a rotation a page that was read before sends nothing, and one that was read after it is signed anew', async () => {
  await using sandbox = await startSandbox();
  sandbox.createStream('orders', 1);
  await using sinks = createSinks({
    db: database.db,
    log: pino({ level: 'silent' }),
    findKeys: ({ credential }) =>
      fixedKeys({ accessKeyId: credential.secretVersion === 1 ? OLD : NEW, secretAccessKey: 'x'.repeat(40) }),
    endpoint: sandbox.endpoint,
    mayAttempt: () => true,
  });
  const before = at({ version: 1, secretVersion: 1 });
  const sink = sinks.sinkFor(before);
  expect(await sink.produce([RECORD], never)).toMatchObject([{ status: 'delivered' }]);
  const signed = sandbox.stats.accessKeys[OLD];

  sinks.noteRotation(before.credential.id, 2);
  // Calls may come late, and out of order.
  sinks.noteRotation(before.credential.id, 1);

  for (const late of [sink, sinks.sinkFor(before)])
    expect(await late.produce([RECORD], never)).toMatchObject([{ status: 'deferred', cause: 'ABORTED', attempts: 0 }]);
  const after = sinks.sinkFor(at({ version: 2, secretVersion: 2 }));
  expect(await after.produce([RECORD], never)).toMatchObject([{ status: 'delivered' }]);
  // Back to the secret that was in use before: the same one, in a later version of the credential.
  sinks.noteRotation(before.credential.id, 3);
  const reverted = sinks.sinkFor(at({ version: 3, secretVersion: 1 }));
  expect(sandbox.stats.accessKeys[OLD]).toBe(signed);
  expect(await reverted.produce([RECORD], never)).toMatchObject([{ status: 'delivered' }]);
});

function at(versions: { version: number; secretVersion: number }): DeliveryTarget {
  return { ...exampleTarget, credential: { ...exampleTarget.credential, ...versions } };
}
