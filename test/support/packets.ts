/** Everything that would leave this process, caught before it does: connections, look-ups of names, datagrams. */
import { Socket as Datagrams } from 'node:dgram';
import dns from 'node:dns';
import { Socket } from 'node:net';
import { vi } from 'vitest';

/** What was tried, in order. */
export interface PacketWatch extends Disposable {
  /** Such as `connect kinesis.us-east-1.amazonaws.com:443` or `lookup evil.com`. */
  readonly tried: string[];
}

/**
 * Watches, and lets nothing through but connections to one server and to sockets of this machine's files; what else is tried
 * fails like a closed port.
 * @param allowed URL of the server, such as that of the database.
 */
export function watchPackets(allowed: string): PacketWatch {
  const { hostname, port } = new URL(allowed);
  const tried: string[] = [];
  const connect = Socket.prototype.connect;
  const spies = [
    vi.spyOn(Socket.prototype, 'connect').mockImplementation(function (this: Socket, ...given: unknown[]) {
      const target = readTarget(given);
      if (target === null || (target.host === hostname && target.port === port))
        return Reflect.apply(connect, this, given);
      tried.push(`connect ${target.host}:${target.port}`);
      setImmediate(() => this.destroy(refusal('connect')));
      return this;
    }),
    vi.spyOn(dns, 'lookup').mockImplementation((...given: unknown[]) => {
      tried.push(`lookup ${given[0]}`);
      const answer = given.at(-1);
      if (typeof answer === 'function') process.nextTick(answer, refusal('getaddrinfo'));
    }),
    vi.spyOn(dns.promises, 'lookup').mockImplementation(async (name) => {
      tried.push(`lookup ${name}`);
      throw refusal('getaddrinfo');
    }),
    vi.spyOn(Datagrams.prototype, 'send').mockImplementation((...given: unknown[]) => {
      tried.push(`send ${given.slice(1)}`);
    }),
  ];
  return {
    tried,
    [Symbol.dispose]() {
      for (const spy of spies) spy.mockRestore();
    },
  };
}

/** `connect` is called with options, with port and host, or with both in an array. @returns null for a socket's file. */
function readTarget(given: unknown[]): { host: string; port: string } | null {
  const [first, second]: unknown[] = Array.isArray(given[0]) ? given[0] : given;
  if (typeof first === 'string' && first.startsWith('/')) return null;
  if (typeof first !== 'object') return { host: String(second), port: String(first) };
  const { host = 'localhost', port, path } = Object(first);
  if (typeof path === 'string') return null;
  return { host, port: String(port) };
}

function refusal(syscall: string): Error {
  return Object.assign(new Error(`${syscall} ECONNREFUSED`), { code: 'ECONNREFUSED', syscall });
}
