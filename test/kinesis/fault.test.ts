import { describe, expect, test } from 'vitest';
import { classify } from '../../src/kinesis/fault.js';
import { quoteDetail } from '../../src/kinesis/fault-words.js';

describe('what a wire code means', () => {
  test.each([
    ['ProvisionedThroughputExceededException', 200, 'throttle', 'THROTTLED'],
    ['LimitExceededException', 400, 'throttle', 'THROTTLED'],
    ['ThrottlingException', 400, 'throttle', 'THROTTLED'],
    ['Throttling', 503, 'throttle', 'THROTTLED'],
    ['KMSThrottlingException', 400, 'throttle', 'KMS_THROTTLED'],
    ['InternalFailure', 200, 'transient', 'AWS_UNAVAILABLE'],
    ['NeverHeardOfException', 200, 'transient', 'UNKNOWN_ERROR'],
    ['NeverHeardOfException', 400, 'transient', 'REQUEST_REFUSED'],
    ['InternalFailure', 500, 'unknown', 'AWS_UNAVAILABLE'],
    ['ServiceUnavailable', 503, 'transient', 'AWS_UNAVAILABLE'],
    ['BrandNewException', 500, 'unknown', 'AWS_UNAVAILABLE'],
    [null, 502, 'unknown', 'AWS_UNAVAILABLE'],
    [null, 403, 'unknown', 'OUTCOME_UNKNOWN'],
    [null, 429, 'throttle', 'THROTTLED'],
    ['ExpiredTokenException', 400, 'halt', 'CREDENTIAL_EXPIRED'],
    ['UnrecognizedClientException', 400, 'halt', 'CREDENTIAL_REFUSED'],
    ['InvalidSignatureException', 400, 'halt', 'CREDENTIAL_REFUSED'],
    ['SignatureDoesNotMatch', 403, 'halt', 'CREDENTIAL_REFUSED'],
    ['RequestTimeTooSkewed', 403, 'halt', 'CLOCK_SKEWED'],
    ['AccessDeniedException', 400, 'halt', 'ACCESS_DENIED'],
    ['KMSAccessDeniedException', 400, 'halt', 'KMS_ACCESS_DENIED'],
    ['KMSDisabledException', 400, 'halt', 'KMS_KEY_DISABLED'],
    ['KMSInvalidStateException', 400, 'halt', 'KMS_KEY_INVALID_STATE'],
    ['KMSNotFoundException', 400, 'halt', 'KMS_KEY_NOT_FOUND'],
    ['KMSOptInRequired', 400, 'halt', 'KMS_NOT_SUBSCRIBED'],
    ['ResourceNotFoundException', 400, 'halt', 'STREAM_NOT_FOUND'],
    ['ResourceInUseException', 400, 'halt', 'STREAM_NOT_ACTIVE'],
  ])('%s with status %i is %s (%s)', (code, httpStatus, kind, cause) => {
    expect(classify({ code, httpStatus, message: '' })).toEqual({ kind, cause });
  });

  test.each([
    ['ValidationException', 400],
    ['InvalidArgumentException', 400],
    ['SerializationException', 400],
    [null, 413],
  ])('%s with status %i blames a record', (code, httpStatus) => {
    expect(classify({ code, httpStatus, message: '' })).toEqual({ kind: 'invalid' });
  });

  test('a signature that AWS finds expired is a matter of the clock', () => {
    const message = 'Signature expired: 20300101T000000Z is now earlier than 20300101T001000Z';

    expect(classify({ code: 'InvalidSignatureException', httpStatus: 400, message })).toEqual({
      kind: 'halt',
      cause: 'CLOCK_SKEWED',
    });
  });

  test('a stream name that AWS finds malformed is no fault of the records', () => {
    const message = "1 validation error detected: Value 'x!' at 'streamName' failed to satisfy constraint";

    expect(classify({ code: 'ValidationException', httpStatus: 400, message })).toEqual({
      kind: 'halt',
      cause: 'STREAM_NOT_FOUND',
    });
  });

  test('what AWS says is quoted for permissions, and never for signatures or codes that may concern them', () => {
    expect(quoteDetail('ACCESS_DENIED', 'User: arn:x is not authorized')).toBe('User: arn:x is not authorized');
    expect(quoteDetail('ACCESS_DENIED', 'x'.repeat(1_000))).toHaveLength(300);
    expect(quoteDetail('CREDENTIAL_REFUSED', 'The Canonical String … token')).toBe(null);
    expect(quoteDetail('CLOCK_SKEWED', 'Canonical')).toBe(null);
    expect(quoteDetail('REQUEST_REFUSED', 'Canonical')).toBe(null);
  });
});
