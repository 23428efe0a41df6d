/** The socket of subscriptions, for who resumes streams by hand. */

import type { Client as Socket } from 'graphql-ws';
import { createContext, useContext } from 'react';

/** Gives the socket to everything inside. */
export const SocketContext = createContext<Socket | null>(null);

/** The socket. @throws {Error} outside of its context. */
export function useSocket(): Socket {
  const socket = useContext(SocketContext);
  if (!socket) throw new Error('There is no SocketContext around this component.');
  return socket;
}
