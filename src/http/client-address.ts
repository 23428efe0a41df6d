/** Addresses of clients, also of those that come through a proxy which the operator trusts. */

import type { IncomingMessage } from 'node:http';
import { type BlockList, isIP } from 'node:net';
import type { FastifyInstance } from 'fastify';

declare module 'fastify' {
  interface FastifyRequest {
    /** The client's, as {@link readClientAddress} tells it. */
    clientAddress: string;
  }
}

/** Sets `clientAddress` of every request, before any other hook of a route. */
export function takeClientAddresses(server: FastifyInstance, trustedProxies: BlockList | null): void {
  server.decorateRequest('clientAddress', '');
  server.addHook('onRequest', async (request) => {
    request.clientAddress = readClientAddress(request.raw, trustedProxies);
  });
}

/**
 * The address of the client. Each proxy adds to the end of `x-forwarded-for` whom it was called by: read from there, an entry
 * holds if the one behind it is trusted, so what a client writes into the header itself is not reached.
 * @param trustedProxies null trusts none.
 */
export function readClientAddress(
  { headers, socket }: Pick<IncomingMessage, 'headers'> & { socket: { remoteAddress?: string | undefined } },
  trustedProxies: BlockList | null,
): string {
  let address = socket.remoteAddress ?? '';
  if (!trustedProxies) return address;
  const callers = String(headers['x-forwarded-for'] ?? '')
    .split(',')
    .reverse();
  for (const caller of callers) {
    const found = readAddress(caller.trim());
    if (!isAmong(trustedProxies, address) || found === null) return address;
    address = found;
  }
  return address;
}

/** Some proxies write the port as well. */
function readAddress(text: string): string | null {
  const address = /^\[(.*)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
  return isIP(address) === 0 ? null : address;
}

function isAmong(list: BlockList, address: string): boolean {
  const version = isIP(address);
  return version !== 0 && list.check(address, version === 6 ? 'ipv6' : 'ipv4');
}
