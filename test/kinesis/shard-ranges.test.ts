/** What is known of shards: a listing, corrected by answers. */

import { expect, test } from 'vitest';
import { ShardRanges } from '../../src/kinesis/shard-ranges.js';
import type { OpenShard } from '../../src/kinesis/shards.js';

test('a listing answers for every key, at both ends of each range', () => {
  const ranges = listed(shard('a', '0', '7f'), shard('b', '80', 'ff'));

  expect(find(ranges, ['00', '7f', '80', 'ff'])).toEqual(['a', 'a', 'b', 'b']);
});

test('nothing is known of a stream before its first answer', () => {
  expect(new ShardRanges().find(key('80'))).toBe(null);
});

test('answers alone teach the ranges, as far as they have come', () => {
  const ranges = new ShardRanges();

  expect([ranges.learn(key('10'), 'a'), ranges.learn(key('90'), 'b'), ranges.learn(key('30'), 'a')]).toEqual([
    false,
    false,
    false,
  ]);
  expect(find(ranges, ['10', '20', '30', '31', '90'])).toEqual(['a', 'a', 'a', null, 'b']);
});

test('after a split the parent is forgotten, and its children are learnt', () => {
  const ranges = listed(shard('parent', '0', '7f'), shard('other', '80', 'ff'));

  expect(ranges.learn(key('10'), 'low')).toBe(true);
  expect(ranges.learn(key('70'), 'high')).toBe(false);
  expect(find(ranges, ['10', '40', '70', '90'])).toEqual(['low', null, 'high', 'other']);
});

test('after a merge both parents go as the child reaches them', () => {
  const ranges = listed(shard('a', '0', '3f'), shard('b', '40', '7f'), shard('c', '80', 'ff'));

  expect(ranges.learn(key('10'), 'child')).toBe(true);
  expect(ranges.learn(key('50'), 'child')).toBe(true);
  expect(find(ranges, ['10', '30', '50', '90'])).toEqual(['child', 'child', 'child', 'c']);
});

test('a new stream of the same name, whose shards have the old ids, is learnt over the old one', () => {
  const ranges = listed(shard('0', '0', '7f'), shard('1', '80', 'ff'));

  expect(ranges.learn(key('50'), '1')).toBe(true);
  ranges.learn(key('a0'), '2');
  ranges.learn(key('60'), '1');
  ranges.learn(key('10'), '0');

  expect(find(ranges, ['10', '60', 'a0', 'f0'])).toEqual(['0', '1', '2', null]);
});

function listed(...shards: OpenShard[]): ShardRanges {
  const ranges = new ShardRanges();
  ranges.replace(shards);
  return ranges;
}

function find(ranges: ShardRanges, keys: string[]): (string | null)[] {
  return keys.map((start) => ranges.find(key(start))?.shardId ?? null);
}

function shard(shardId: string, first: string, last: string): OpenShard {
  return { shardId, firstHashKey: first.padEnd(32, '0'), lastHashKey: last.padEnd(32, 'f') };
}

function key(start: string): string {
  return start.padEnd(32, '0');
}
