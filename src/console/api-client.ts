/** The console's way to the API: GraphQL over HTTP, and subscriptions over WebSocket. */

import { createClient as createSocket, type Client as Socket } from 'graphql-ws';
import {
  Client,
  cacheExchange,
  fetchExchange,
  mapExchange,
  type SubscriptionForwarder,
  subscriptionExchange,
} from 'urql';

/** An open way to the API. */
export interface ApiConnection {
  readonly client: Client;
  /** Connects with the first subscription. */
  readonly socket: Socket;
  /** Closes the socket; running subscriptions end. */
  close(): void;
}

/** How a connection is made. */
export interface ConnectionOptions {
  readonly apiKey: string;
  /** Called when the API refuses the key: it is unknown, expired or revoked. */
  onRefused(): void;
}

const GRAPHQL_PATH = '/graphql';
const UNAUTHORIZED = 401;

/** Opens a connection; nothing is sent before the first operation. */
export function connectApi({ apiKey, onRefused }: ConnectionOptions): ApiConnection {
  const authorization = `Bearer ${apiKey}`;
  const { host, protocol } = window.location;
  const socket = createSocket({
    url: `${protocol === 'https:' ? 'wss' : 'ws'}://${host}${GRAPHQL_PATH}`,
    connectionParams: { authorization },
    // Streams are resumed by their readers, from their cursors: a retry here would repeat what was seen.
    retryAttempts: 0,
  });
  const client = new Client({
    url: GRAPHQL_PATH,
    fetchOptions: { headers: { authorization } },
    // Variables do not belong into addresses, which are logged.
    preferGetMethod: false,
    requestPolicy: 'cache-and-network',
    exchanges: [
      cacheExchange,
      mapExchange({ onError: ({ response }) => void (response?.status === UNAUTHORIZED && onRefused()) }),
      fetchExchange,
      subscriptionExchange({ forwardSubscription: forwardTo(socket) }),
    ],
  });
  return { client, socket, close: () => socket.terminate() };
}

/** Subscriptions of a socket in the form that urql takes. */
function forwardTo(socket: Socket): SubscriptionForwarder {
  return ({ query, variables }) => ({
    subscribe: (observer) => ({
      unsubscribe: socket.subscribe<Payload, Payload>(
        { query: query ?? '', ...(variables && { variables }) },
        observer,
      ),
    }),
  });
}

type Payload = Record<string, unknown>;
