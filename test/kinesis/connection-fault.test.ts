import { describe, expect, test } from 'vitest';
import { isNeverConnected, nameFault } from '../../src/kinesis/connection-fault.js';

function fault(fields: { code?: string; syscall?: string; name?: string }, message = 'x'): Error {
  return Object.assign(new Error(message), fields);
}

describe('whether a network fault came before the connection', () => {
  test.each([
    ['a refused connection', fault({ code: 'ECONNREFUSED', syscall: 'connect' })],
    ['a name without address', fault({ code: 'ENOTFOUND', syscall: 'getaddrinfo' })],
    ['a connection that timed out in the system', fault({ code: 'ETIMEDOUT', syscall: 'connect' })],
    ['all addresses refused', new AggregateError([fault({ code: 'ECONNREFUSED', syscall: 'connect' })])],
    ['a certificate that is over', fault({ code: 'CERT_HAS_EXPIRED' })],
    ['a certificate for another host', fault({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' })],
    [
      'the connection time-out',
      fault({ name: 'TimeoutError' }, 'the request socket did not establish a connection with the server'),
    ],
  ])('%s did', (_, error) => {
    expect(isNeverConnected(error)).toBe(true);
  });

  test.each([
    ['a reset', fault({ code: 'ECONNRESET', syscall: 'read' })],
    ['a broken pipe', fault({ code: 'EPIPE', syscall: 'write' })],
    ['a hang-up', fault({ code: 'ECONNRESET' }, 'socket hang up')],
    ['an abort', fault({ name: 'AbortError' })],
    ['another time-out', fault({ name: 'TimeoutError' })],
    ['one address refused, one reset', new AggregateError([fault({ syscall: 'connect' }), fault({ syscall: 'read' })])],
    ['no error at all', 'x'],
  ])('%s may have come later', (_, error) => {
    expect(isNeverConnected(error)).toBe(false);
  });

  test('a fault is named by its code, else by its class, never by its text', () => {
    expect(nameFault(fault({ code: 'ECONNRESET' }, 'secret'))).toBe('ECONNRESET');
    expect(nameFault(fault({ name: 'AbortError' }, 'secret'))).toBe('AbortError');
    expect(nameFault('secret')).toBe('unknown fault');
  });
});
