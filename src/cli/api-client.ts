/** A client of the API: GraphQL over HTTP and WebSocket, and bulk ingest. Types come from the generated documents. */

import { type Client, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { ApiError } from './command-error.js';
import type { TypedDocumentString } from './generated/graphql.js';

/** Where to call, and as whom. */
export interface ApiAccess {
  /** `http://host:port`, without a path. */
  readonly url: string;
  readonly apiKey: string;
}

/** What became of the lines of one ingest request. */
export type IngestReport = z.infer<typeof ingestReport>;

/** Calls the API; disposing closes its socket. */
export interface ApiClient extends AsyncDisposable {
  /** Runs a query or mutation. @throws {ApiError} for top-level errors; a mutation's own errors are in its data. */
  request<Result, Variables>(document: TypedDocumentString<Result, Variables>, variables: Variables): Promise<Result>;
  /** Follows a subscription until it ends or the loop is left. @throws {ApiError} if the socket or the operation fails. */
  subscribe<Result, Variables extends Record<string, unknown>>(
    document: TypedDocumentString<Result, Variables>,
    variables: Variables,
  ): AsyncGenerator<Result, void, undefined>;
  /** Sends NDJSON; it is read as fast as the server takes it. @throws {ApiError} if the request is refused as a whole. */
  ingest(kind: 'profiles' | 'memberships', lines: AsyncIterable<Uint8Array> | Uint8Array): Promise<IngestReport>;
  /** Makes the address of the console that signs a browser in with this key: once, within ten minutes. */
  createSignInLink(): Promise<string>;
}

const ingestReport = z.object({
  lines: z.number(),
  accepted: z.number(),
  created: z.number(),
  updated: z.number(),
  unchanged: z.number(),
  refused: z.number(),
  refusals: z.array(z.object({ line: z.number(), code: z.string(), message: z.string(), path: z.array(z.string()) })),
});

const signInLink = z.object({ path: z.string() });

const errorBody = z.object({
  errors: z
    .array(z.object({ message: z.string(), extensions: z.object({ code: z.string() }).partial().optional() }))
    .min(1),
});

/** Makes a client. The socket is opened by the first subscription. */
export function createApiClient({ url, apiKey }: ApiAccess): ApiClient {
  const authorization = `Bearer ${apiKey}`;
  const socket = createClient({
    url: `${url.replace(/^http/, 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization },
    // A retry by the library would replay from the first cursor and count twice: callers resume by themselves.
    retryAttempts: 0,
  });
  return {
    async request(document, variables) {
      const query = document.toString();
      const body = JSON.stringify({ query, variables });
      const title = `${/\b(?:query|mutation) \w+/.exec(query)?.[0]} at ${url}`;
      const address = `${url}/graphql`;
      return readData(await post({ title, url: address, authorization, contentType: 'application/json', body }));
    },
    subscribe: (document, variables) => subscribe(socket, { query: document.toString(), variables }),
    async ingest(kind, lines) {
      const contentType = 'application/x-ndjson';
      const address = `${url}/ingest/${kind}`;
      const title = `POST ${address}`;
      return ingestReport.parse(await post({ title, url: address, authorization, contentType, body: lines }));
    },
    async createSignInLink() {
      const address = `${url}/sign-in-links`;
      const contentType = 'application/json';
      const answer = await post({ title: `POST ${address}`, url: address, authorization, contentType, body: '{}' });
      return url + signInLink.parse(answer).path;
    },
    async [Symbol.asyncDispose]() {
      await socket.dispose();
    },
  };
}

interface Post {
  /** What is asked for, for messages. */
  readonly title: string;
  readonly url: string;
  readonly authorization: string;
  readonly contentType: string;
  readonly body: string | Uint8Array | AsyncIterable<Uint8Array>;
}

async function post({ title, url, authorization, contentType, body }: Post): Promise<unknown> {
  const headers = { authorization, 'content-type': contentType };
  const response = await fetch(url, { method: 'POST', headers, body, duplex: 'half' }).catch((error: unknown) => {
    throw new ApiError(`${title}: no answer. Is the server running there?`, { cause: error });
  });
  const answer: unknown = await response.json().catch(() => null);
  throwErrors(answer, title);
  if (!response.ok) throw new ApiError(`${title}: refused with status ${response.status}.`);
  return answer;
}

async function* subscribe<Result>(
  socket: Client,
  payload: { query: string; variables: Record<string, unknown> },
): AsyncGenerator<Result, void, undefined> {
  const results = socket.iterate(payload);
  try {
    for await (const result of results) {
      throwErrors(result, 'The subscription was refused');
      yield readData(result);
    }
  } catch (error) {
    throw error instanceof ApiError
      ? error
      : new ApiError(`The subscription broke: ${describe(error)}`, { cause: error });
  }
}

/** Top-level errors; an answer of another form has none. */
function throwErrors(answer: unknown, title: string): void {
  const failed = errorBody.safeParse(answer);
  if (!failed.success) return;
  const texts = failed.data.errors.map(({ message, extensions }) => `${extensions?.code ?? 'ERROR'}: ${message}`);
  throw new ApiError(`${title}: ${texts.join('\n')}`);
}

function readData<Result>(answer: unknown): Result {
  if (hasData<Result>(answer)) return answer.data;
  throw new ApiError('The answer is none of GraphQL: does the URL lead to Tributary?');
}

/** The document was checked against the server's schema when its type was generated, so the data has that type. */
function hasData<Result>(answer: unknown): answer is { data: Result } {
  return typeof answer === 'object' && answer !== null && 'data' in answer && typeof answer.data === 'object';
}

/** Close events of sockets have a code and a reason; errors have a message. */
function describe(error: unknown): string {
  if (error instanceof Error) return error.message;
  const closed = z.object({ code: z.number(), reason: z.string() }).safeParse(error);
  return closed.success ? `closed with ${closed.data.code} ${closed.data.reason}`.trim() : String(error);
}
