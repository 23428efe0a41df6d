import { expect, test } from 'vitest';
import { checkSettings, type KinesisSettings, toNewSettings } from '../../src/domain/destination-input.js';

const right: KinesisSettings = toNewSettings({
  name: 'orders',
  credentialId: 1,
  region: 'us-east-2',
  stream: 'orders',
});
const arn = (region: string) => `arn:aws:kinesis:${region}:901341027596:stream/orders`;

function issuesOf(change: Partial<KinesisSettings>, key?: string): [string, string][] {
  return checkSettings({ ...right, ...change }, key).all.map(({ path, code }) => [path.join('.'), code]);
}

test.each([
  [{}],
  [{ stream: arn('us-east-2') }],
  [{ region: 'us-gov-west-1', stream: 'a' }],
  [{ region: 'cn-north-1', stream: 'arn:aws-cn:kinesis:cn-north-1:901341027596:stream/orders' }],
  [{ stream: 's'.repeat(128) }],
  [{ description: '' }],
])('%j passes', (change) => {
  expect(issuesOf(change)).toEqual([]);
});

test.each(['localhost', 'US-EAST-1', 'nowhere-9', 'evil.com/#', 'us-east-1.evil.com', 'us-east-1\n', 'us-east-11'])(
  'the region %j is refused',
  (region) => {
    expect(issuesOf({ region })).toEqual([['input.region', 'MALFORMED']]);
  },
);

test.each([
  ['', 'REQUIRED'],
  ['s'.repeat(129), 'OUT_OF_RANGE'],
  ['../', 'MALFORMED'],
  ['two words', 'MALFORMED'],
  ['orders\n', 'MALFORMED'],
  ['arn:aws:kinesis:us-east-2:1:stream/orders', 'MALFORMED'],
  [arn('us-east-1'), 'NOT_ALLOWED'],
])('the stream %j is refused with %s', (stream, code) => {
  expect(issuesOf({ stream })).toEqual([['input.stream', code]]);
});

test('every fault is reported at once, an ARN is not blamed for a region that is wrong itself', () => {
  const faults = { name: '', description: 'd'.repeat(1001), region: 'localhost' };

  expect(issuesOf({ ...faults, stream: arn('us-east-1') }, 'k'.repeat(256))).toEqual([
    ['input.name', 'REQUIRED'],
    ['input.description', 'OUT_OF_RANGE'],
    ['input.region', 'MALFORMED'],
    ['input.idempotencyKey', 'OUT_OF_RANGE'],
  ]);
  expect(issuesOf({ ...faults, name: 'n', description: null, stream: '../' })).toEqual([
    ['input.region', 'MALFORMED'],
    ['input.stream', 'MALFORMED'],
  ]);
});

test('null and undefined options get their defaults', () => {
  const given = { name: 'orders', credentialId: 1, region: 'us-east-2', stream: 'orders', membershipScope: null };

  expect(toNewSettings(given)).toMatchObject({
    description: null,
    includeSegmentNames: false,
    includeSegmentTimestamps: false,
    membershipScope: 'MAPPED_ONLY',
    membershipStatuses: 'THREE_STATE',
  });
});
