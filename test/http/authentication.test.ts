import { expect, test } from 'vitest';
import type { Viewer } from '../../src/domain/viewer.js';
import { readBearerKey, rememberViewers } from '../../src/http/authentication.js';

const viewer: Viewer = { actor: { kind: 'API_KEY', name: 'test' }, role: 'VIEWER', workspaceId: 1, expiresAt: null };

test.each([
  ['Bearer trb_abc', 'trb_abc'],
  ['bearer   trb_abc ', 'trb_abc'],
  ['Basic trb_abc', null],
  ['trb_abc', null],
  ['Bearer', null],
  ['Bearer a b', null],
  [`Bearer ${'x'.repeat(4_097)}`, null],
  [undefined, null],
])('the key of the header %j is %j', (header, key) => {
  expect(readBearerKey(header)).toBe(key);
});

test('a burst of requests with one key asks the database once', async () => {
  let now = 0;
  let lookups = 0;
  const authenticate = rememberViewers(async () => (++lookups ? viewer : null), { ttlMs: 500, now: () => now });

  await Promise.all([authenticate('a'), authenticate('a'), authenticate('a')]);
  now = 499;
  await authenticate('a');
  const before = lookups;
  now = 500;
  await authenticate('a');

  expect(before).toBe(1);
  expect(lookups).toBe(2);
});

test('neither refusals nor failures are remembered', async () => {
  const answers: (() => Promise<Viewer | null>)[] = [
    async () => null,
    () => Promise.reject(new Error('database down')),
    async () => viewer,
  ];
  const authenticate = rememberViewers(() => answers.shift()?.() ?? Promise.resolve(null), { now: () => 0 });

  expect(await authenticate('a')).toBeNull();
  await expect(authenticate('a')).rejects.toThrow('database down');
  expect(await authenticate('a')).toBe(viewer);
});

test('a remembered caller is refused from the moment the key expires', async () => {
  const authenticate = rememberViewers(async () => ({ ...viewer, expiresAt: new Date(Date.now() - 1) }));

  expect(await authenticate('a')).toBeNull();
});
