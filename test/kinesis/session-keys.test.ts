/** Sessions of roles under a hand-moved clock: how often they are asked for, and what is used meanwhile. */

import { expect, test } from 'vitest';
import { createKeySources } from '../../src/kinesis/key-sources.js';
import { fixedKeys } from '../../src/kinesis/keys.js';
import { type RoleSession, SessionKeys } from '../../src/kinesis/session-keys.js';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

test('a session is asked for once by all who need it at the same time, and kept', async () => {
  const run = start();

  const first = await Promise.all(Array.from({ length: 50 }, () => run.keys.get()));
  run.now += 49 * MINUTE_MS;
  const later = await run.keys.get();

  expect(new Set(first.map(({ accessKeyId }) => accessKeyId))).toEqual(new Set(['ASIA1']));
  expect(later.accessKeyId).toBe('ASIA1');
  expect(run.asked).toBe(1);
});

test('shortly before its end it is renewed once, ahead of need, and used on until the next one is there', async () => {
  const run = start();
  await run.keys.get();
  run.now += 51 * MINUTE_MS;
  run.hold();

  const meanwhile = await Promise.all([run.keys.get(), run.keys.get()]);
  run.release();
  await run.settled();

  expect(meanwhile.map(({ accessKeyId }) => accessKeyId)).toEqual(['ASIA1', 'ASIA1']);
  expect((await run.keys.get()).accessKeyId).toBe('ASIA2');
  expect(run.asked).toBe(2);
});

test('a renewal that fails harms nobody, and is tried again after 5 s', async () => {
  const run = start();
  await run.keys.get();
  run.now += 51 * MINUTE_MS;
  run.failing = true;

  expect((await run.keys.get()).accessKeyId).toBe('ASIA1');
  await run.settled();
  run.now += 4_999;
  expect((await run.keys.get()).accessKeyId).toBe('ASIA1');
  expect(run.asked).toBe(2);
  run.failing = false;
  run.now += 1;
  await run.keys.get();
  await run.settled();

  expect((await run.keys.get()).accessKeyId).toBe('ASIA2');
  expect(run.asked).toBe(3);
});

test('in its last minute it is not used any more: everyone waits for one next session', async () => {
  const run = start();
  await run.keys.get();
  run.now += 59 * MINUTE_MS;

  const next = await Promise.all([run.keys.get(), run.keys.get()]);

  expect(next.map(({ accessKeyId }) => accessKeyId)).toEqual(['ASIA2', 'ASIA2']);
  expect(run.asked).toBe(2);
});

test('where there is no session a fault reaches all who asked, and the next one asks anew', async () => {
  const run = start();
  run.failing = true;

  const faults = await Promise.allSettled([run.keys.get(), run.keys.get()]);
  run.failing = false;

  expect(faults.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect((await run.keys.get()).accessKeyId).toBe('ASIA1');
  expect(run.asked).toBe(2);
});

test('of many calls whose keys are refused the first drops them, and they share the next ones', async () => {
  const run = start();
  const refused = await run.keys.get();

  const next = await Promise.all(
    [1, 2, 3].map(async () => {
      expect(run.keys.replace(refused)).toBe(true);
      return await run.keys.get();
    }),
  );
  run.keys.replace(refused);

  expect(next.map(({ accessKeyId }) => accessKeyId)).toEqual(['ASIA2', 'ASIA2', 'ASIA2']);
  expect((await run.keys.get()).accessKeyId).toBe('ASIA2');
  expect(run.asked).toBe(2);
});

test('a clock that is an hour ahead costs one call a minute, not one a request', async () => {
  const run = start(-HOUR_MS);

  for (let second = 0; second < 300; second += 1) {
    await run.keys.get();
    await run.settled();
    run.now += 1_000;
  }

  expect(run.asked).toBe(5);
});

test('clients of one role in one region share its session; another role, id or region has its own', async () => {
  const asked: string[] = [];
  const sources = createKeySources({
    own: fixedKeys({ accessKeyId: 'AKIAOWN', secretAccessKey: 's' }),
    assumeRole: async ({ roleArn, externalId, region }) => {
      asked.push(`${roleArn} ${externalId} ${region}`);
      return sessionOf(asked.length, Date.now() + HOUR_MS);
    },
  });
  const get = (roleArn: string, externalId: string, region: string) =>
    sources.sourceFor({ kind: 'ASSUME_ROLE', roleArn, externalId }, region).get();

  await Promise.all([get('r', 'x', 'eu-west-1'), get('r', 'x', 'eu-west-1'), get('r', 'x', 'us-east-1')]);
  await Promise.all([get('r', 'y', 'eu-west-1'), get('q', 'x', 'eu-west-1'), get('r', 'x', 'eu-west-1')]);

  expect(asked).toEqual(['r x eu-west-1', 'r x us-east-1', 'r y eu-west-1', 'q x eu-west-1']);
  const own = await sources.sourceFor({ kind: 'PROCESS_IDENTITY' }, 'eu-west-1').get();
  expect(own.accessKeyId).toBe('AKIAOWN');
});

function sessionOf(number: number, expiresAtMs: number): RoleSession {
  return {
    keys: { accessKeyId: `ASIA${number}`, secretAccessKey: 's', sessionToken: `t${number}` },
    expiresAtMs,
  };
}

/** A source whose sessions have numbers. @param skewMs what AWS's clock is ahead of this one. */
function start(skewMs = 0) {
  let gate = Promise.resolve();
  let open = () => {};
  let given = 0;
  const state = { now: 0, asked: 0, failing: false };
  return Object.assign(state, {
    hold: () => {
      gate = new Promise((resolve) => {
        open = resolve;
      });
    },
    release: () => open(),
    /** Lets what is asked come to its end. */
    settled: () => new Promise((resolve) => setImmediate(resolve)),
    keys: new SessionKeys({
      now: () => state.now,
      async assume() {
        state.asked += 1;
        const expiresAtMs = state.now + skewMs + HOUR_MS;
        await gate;
        if (state.failing) throw new Error('STS is away');
        given += 1;
        return sessionOf(given, expiresAtMs);
      },
    }),
  });
}
