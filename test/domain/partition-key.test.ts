import { expect, test } from 'vitest';
import { InputIssues } from '../../src/domain/input-issues.js';
import {
  choosePartitionKey,
  keepsOrder,
  MAX_PARTITION_KEY_CHARACTERS,
  type PartitionKey,
  type PartitionKeyStrategy,
} from '../../src/domain/partition-key.js';
import { checkPartitionKey, toPartitionKey } from '../../src/domain/partition-key-input.js';
import { MAX_PARTITION_KEY_CHARACTERS as KINESIS_MOST } from '../../src/kinesis/record.js';

const STRATEGIES: PartitionKeyStrategy[] = ['ATTRIBUTE', 'CONSTANT', 'IDENTITY', 'PROFILE_ID', 'RANDOM'];
const key = (strategy: PartitionKeyStrategy, argument: string | null = null): PartitionKey => ({ strategy, argument });
const profile = {
  profileId: 'p',
  attributes: {
    country: 'de',
    zip: 1,
    vip: true,
    empty: '',
    none: null,
    list: ['a'],
    map: { inner: 'in' },
    half: '\ud800',
  },
  identities: { ECID: ['e1', 'e2'], Email: [], Long: ['x'.repeat(257)] },
};
const choose = (partitionKey: PartitionKey, source = profile) =>
  choosePartitionKey(partitionKey, source, () => 'random');

test.each([
  [key('PROFILE_ID'), 'p'],
  [key('RANDOM'), 'random'],
  [key('CONSTANT', 'all'), 'all'],
  [key('IDENTITY', 'ECID'), 'e1'],
  [key('ATTRIBUTE', 'country'), 'de'],
  [key('ATTRIBUTE', 'zip'), '1'],
  [key('ATTRIBUTE', 'vip'), 'true'],
  [key('ATTRIBUTE', 'map.inner'), 'in'],
])('the key of %j is %j', (partitionKey, chosen) => {
  expect(choose(partitionKey)).toEqual({ key: chosen, isFallback: false });
});

test.each([
  [key('IDENTITY', 'other')],
  [key('IDENTITY', 'constructor')],
  [key('IDENTITY', 'Email')],
  [key('IDENTITY', 'Long')],
  ...['missing', 'empty', 'none', 'list', 'map', 'half', 'country.x', 'list.0', '__proto__'].map((path) => [
    key('ATTRIBUTE', path),
  ]),
])('%j has no usable value and falls back to the profile id', (partitionKey) => {
  expect(choose(partitionKey)).toEqual({ key: 'p', isFallback: true });
});

test('256 characters are taken, also those of two UTF-16 units; 257 are not', () => {
  const of = (text: string) =>
    choose(key('ATTRIBUTE', 'country'), { ...profile, attributes: { ...profile.attributes, country: text } });

  expect(of('😀'.repeat(256))).toEqual({ key: '😀'.repeat(256), isFallback: false });
  expect(of('x'.repeat(256)).isFallback).toBe(false);
  expect(of('😀'.repeat(257))).toEqual({ key: 'p', isFallback: true });
});

test('the bound is that of Kinesis', () => {
  expect(MAX_PARTITION_KEY_CHARACTERS).toBe(KINESIS_MOST);
});

test('only random keys give up the order per profile', () => {
  for (const stream of [null, { ignoresPartitionKeys: false }])
    expect(STRATEGIES.filter((strategy) => !keepsOrder(key(strategy), stream))).toEqual(['RANDOM']);
});

test('no key keeps the order on a stream that ignores keys', () => {
  expect(STRATEGIES.filter((strategy) => keepsOrder(key(strategy), { ignoresPartitionKeys: true }))).toEqual([]);
});

test.each<[PartitionKeyStrategy, string | null | undefined, string | null]>([
  ['PROFILE_ID', undefined, null],
  ['RANDOM', null, null],
  ['CONSTANT', 'x'.repeat(256), null],
  ['IDENTITY', 'ECID', null],
  ['ATTRIBUTE', `a.${'x'.repeat(510)}`, null],
  ['PROFILE_ID', 'x', 'NOT_ALLOWED'],
  ['RANDOM', '', 'NOT_ALLOWED'],
  ['CONSTANT', undefined, 'REQUIRED'],
  ['CONSTANT', '', 'REQUIRED'],
  ['CONSTANT', 'x'.repeat(257), 'OUT_OF_RANGE'],
  ['CONSTANT', '\ud800', 'MALFORMED'],
  ['IDENTITY', null, 'REQUIRED'],
  ['IDENTITY', 'x'.repeat(257), 'OUT_OF_RANGE'],
  ['ATTRIBUTE', undefined, 'REQUIRED'],
  ['ATTRIBUTE', 'a..b', 'MALFORMED'],
  ['ATTRIBUTE', 'x'.repeat(513), 'OUT_OF_RANGE'],
])('%s with the argument %j: %s', (strategy, argument, code) => {
  const issues = new InputIssues();

  checkPartitionKey(issues, toPartitionKey({ strategy, ...(argument !== undefined && { argument }) }));

  expect(issues.all.map((issue) => [issue.path.join('.'), issue.code])).toEqual(
    code === null ? [] : [['input.partitionKey.argument', code]],
  );
});
