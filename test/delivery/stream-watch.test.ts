/** When a stream is looked at again. */

import { KinesisServiceException } from '@aws-sdk/client-kinesis';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { StreamWatch } from '../../src/delivery/stream-watch.js';
import { ShardPacer } from '../../src/kinesis/shard-pacer.js';
import type { Db } from '../../src/storage/database.js';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance', 'setTimeout'] }));
afterEach(() => void vi.useRealTimers());

test.each([
  ['LimitExceededException', 2],
  ['ResourceNotFoundException', 2],
  // Whoever may not look is not asked again and again.
  ['AccessDeniedException', 1],
])('after %s, a stream whose answers contradict what is known has had %i looks in a minute', async (code, looks) => {
  const pacer = new ShardPacer();
  vi.spyOn(pacer, 'isContradicted', 'get').mockReturnValue(true);
  let asked = 0;
  const refuse = () =>
    Promise.reject(
      new KinesisServiceException({ name: code, $fault: 'client', message: '', $metadata: { httpStatusCode: 400 } }),
    );
  await using watch = new StreamWatch({
    db: {} as Db,
    log: pino({ level: 'silent' }),
    destination: { id: 1, version: 1 },
    stream: 'orders',
    connection: {
      describeStream: refuse,
      listShards: () => {
        asked += 1;
        return refuse();
      },
    },
    pacer,
  });

  await watch.noteUse();
  vi.advanceTimersByTime(6_000);
  await watch.noteUse();

  expect(asked).toBe(looks);
});
