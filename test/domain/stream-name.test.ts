import { describe, expect, test } from 'vitest';
import { isRegion, parseStream } from '../../src/domain/stream-name.js';

const ARN = 'arn:aws:kinesis:eu-west-1:123456789012:stream/orders.v1_x-y';

describe('regions', () => {
  test.each(['us-east-1', 'eu-central-2', 'cn-north-1', 'us-gov-west-1', 'us-isob-east-1', 'ap-southeast-7'])(
    '%s may be one',
    (region) => {
      expect(isRegion(region)).toBe(true);
    },
  );

  test.each([
    '',
    'localhost',
    'US-EAST-1',
    'nowhere-9',
    'evil.com/#',
    'us-east-1\n',
    ' us-east-1',
    'us-east-12',
    'us--1',
    `us-${'a'.repeat(60)}-1`,
  ])('%j is none', (region) => {
    expect(isRegion(region)).toBe(false);
  });
});

describe('streams', () => {
  test('a name is its own address', () => {
    expect(parseStream('orders.v1_x-y', 'eu-west-1')).toEqual({
      ok: true,
      address: { stream: 'orders.v1_x-y', name: 'orders.v1_x-y', partition: null, accountId: null },
    });
  });

  test('an ARN of the same region is taken apart', () => {
    expect(parseStream(ARN, 'eu-west-1')).toEqual({
      ok: true,
      address: { stream: ARN, name: 'orders.v1_x-y', partition: 'aws', accountId: '123456789012' },
    });
  });

  test.each([
    ['aws-cn', 'cn-north-1'],
    ['aws-us-gov', 'us-gov-west-1'],
    ['aws-iso-b', 'us-isob-east-1'],
  ])('an ARN of partition %s is one', (partition, region) => {
    const arn = `arn:${partition}:kinesis:${region}:123456789012:stream/orders`;

    expect(parseStream(arn, region)).toMatchObject({ ok: true, address: { partition } });
  });

  test('a name of 128 characters is one, of 129 is too long', () => {
    expect(parseStream('n'.repeat(128), 'eu-west-1')).toMatchObject({ ok: true });
    expect(parseStream('n'.repeat(129), 'eu-west-1')).toEqual({ ok: false, fault: 'STREAM_NAME_TOO_LONG' });
  });

  test.each([
    ['', 'STREAM_NAME_EMPTY'],
    ['../orders', 'STREAM_NAME_MALFORMED'],
    ['my orders', 'STREAM_NAME_MALFORMED'],
    ['orders\n', 'STREAM_NAME_MALFORMED'],
    ['órdenes', 'STREAM_NAME_MALFORMED'],
    ['arn:aws:s3:::bucket', 'STREAM_ARN_MALFORMED'],
    ['arn:aws:kinesis:eu-west-1:12345:stream/orders', 'STREAM_ARN_MALFORMED'],
    ['arn:aws:kinesis:eu-west-1:123456789012:stream/', 'STREAM_ARN_MALFORMED'],
    [`${ARN}/../x`, 'STREAM_ARN_MALFORMED'],
    [`${ARN}/consumer/c:1`, 'STREAM_ARN_MALFORMED'],
    ['arn:evil:kinesis:eu-west-1:123456789012:stream/orders', 'STREAM_ARN_MALFORMED'],
    [ARN.replace('eu-west-1', 'us-east-1'), 'STREAM_ARN_OTHER_REGION'],
  ])('%j is none: %s', (text, fault) => {
    expect(parseStream(text, 'eu-west-1')).toEqual({ ok: false, fault });
  });

  test('no stream is looked at in a region that is none', () => {
    expect(parseStream('orders', 'evil.com/#')).toEqual({ ok: false, fault: 'REGION_MALFORMED' });
  });
});
