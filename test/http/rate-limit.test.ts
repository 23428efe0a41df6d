import { expect, test } from 'vitest';
import { createRateLimit } from '../../src/http/rate-limit.js';

test('a quiet name may do two seconds worth at once, then goes at its rate', () => {
  let now = 0;
  const limit = createRateLimit({ perSecond: 10, now: () => now });
  const burst = Array.from({ length: 20 }, () => limit.take('a'));
  expect(burst.every((wait) => wait === 0)).toBe(true);

  expect(limit.take('a')).toBe(100);
  now += 50;
  expect(limit.take('a')).toBe(50);
  now += 50;
  expect(limit.take('a')).toBe(0);
  expect(limit.take('a')).toBe(100);
});

test('names do not take from each other, and long quiet saves up no more than the burst', () => {
  let now = 0;
  const limit = createRateLimit({ perSecond: 1, now: () => now });
  for (let taken = 0; taken < 2; taken += 1) limit.take('a');

  expect(limit.take('b')).toBe(0);
  expect(limit.take('a')).toBe(1_000);
  now += 3_600_000;
  expect([limit.take('a'), limit.take('a'), limit.take('a')]).toEqual([0, 0, 1_000]);
});

test('of more names than are remembered, the one unused for longest starts anew', () => {
  const limit = createRateLimit({ perSecond: 1, now: () => 0 });
  for (const name of ['old', 'old', 'used', 'used']) limit.take(name);
  for (let index = 0; index < 9_999; index += 1) {
    limit.take(`other ${index}`);
    if (index === 5_000) limit.take('used');
  }

  expect(limit.take('used')).toBe(1_000);
  expect(limit.take('old')).toBe(0);
});
