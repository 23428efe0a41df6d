/**
 * The opponent of `subscribe`: a broadcast as the documentation of `ws` has it. One buffer, handed to every client that is
 * open; no protocol above the socket, no keys, no filters, no cursors, no database, and nothing waits for a slow client.
 */

import { WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import { readMemory } from './memory.js';
import { answerMessages } from './talk.js';

const Order = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('address') }),
  z.object({ kind: z.literal('broadcast'), text: z.string() }),
  z.object({ kind: z.literal('memory') }),
]);

const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
const listening = new Promise((resolve) => server.once('listening', resolve));

answerMessages(async (message) => {
  const order = Order.parse(message);
  switch (order.kind) {
    case 'address':
      await listening;
      return server.address();
    case 'broadcast':
      return broadcast(Buffer.from(order.text));
    case 'memory':
      return readMemory();
  }
});

function broadcast(message: Buffer): void {
  for (const client of server.clients)
    if (client.readyState === WebSocket.OPEN) client.send(message, { binary: false });
}
