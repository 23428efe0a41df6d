/** GraphQL over WebSocket: subscriptions only, by the graphql-transport-ws protocol. */

import {
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  getOperationAST,
  type OperationTypeNode,
} from 'graphql';
import { MessageType, makeServer, type Server, type ServerOptions } from 'graphql-ws';
import { RequestError } from '../domain/user-error.js';
import type { Viewer } from '../domain/viewer.js';
import type { Context } from '../graphql/context.js';
import { readBearerKey } from './authentication.js';
import { ExecutionGroups, type Rider } from './execution-groups.js';
import { stampErrors } from './graphql-errors.js';
import { type GraphQLParts, logFaults } from './graphql-http.js';
import { createKnownDocuments, type KnownDocuments } from './known-documents.js';
import { findExcess } from './operation-limits.js';
import { refuseUnlisted } from './operation-list.js';
import { refuseOperation } from './operation-refusal.js';
import { findText, type SentDocument } from './persisted-query.js';
import type { RequestLimits } from './request-limits.js';
import { type Sharing, subscribeFresh } from './subscription-execution.js';
import { subscriptionKey } from './subscription-key.js';

/** What belongs to one socket. */
export interface SocketSession {
  /** The client's address, as of the upgrade request. */
  readonly address: string;
  /** Id of the upgrade request; errors of all its operations carry it. */
  readonly requestId: string;
  /** The API key of `connection_init`; null before, and after a refusal. */
  key: string | null;
  /** The caller; null before `connection_init`, and after a refusal. */
  viewer: Viewer | null;
  /** Gives the place of an authenticated socket back; null before, and after the socket has closed. */
  leave: (() => void) | null;
  isClosed: boolean;
  /** Sends a message without waiting. @returns false if the peer has left so much unread that it has to be waited for. */
  write(message: Buffer): boolean;
}

/** Close code of a socket that is one too many, or sends too many messages. */
export const TOO_MANY = 4429;

/** A socket that is not let in, and the code that it is closed with. */
export class SocketRefusedError extends Error {
  override readonly name = 'SocketRefusedError';

  /** @param code 4000–4999. @param message the reason, at most 123 bytes. */
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

/** The protocol's server; sockets are opened with their session. */
export type ProtocolServer = Server<SocketSession>;

type Options = ServerOptions<Record<string, unknown> | undefined, SocketSession>;

/** Longest time from opening a socket to `connection_init`. */
const INIT_TIMEOUT_MS = 5_000;

/** Makes the protocol's server. A socket is authenticated by `connection_init` with `{ "authorization": "Bearer <key>" }`. */
export function createProtocolServer(parts: GraphQLParts): ProtocolServer {
  const documents = createKnownDocuments(parts.schema);
  const groups = new ExecutionGroups();
  const admitted = new WeakMap<ExecutionArgs, Admitted>();
  const options: Options = {
    connectionInitWaitTimeout: INIT_TIMEOUT_MS,
    onConnect: ({ connectionParams, extra }) => authenticateSocket(connectionParams?.['authorization'], extra, parts),
    async onSubscribe({ extra, subscriptions }, id, payload) {
      const { viewer } = extra;
      if (!viewer) return [refuseOperation('BAD_REQUEST', 'The socket is not authenticated.')];
      const refused = findRefusal(
        viewer,
        { subscriptions: Object.keys(subscriptions).length, address: extra.address },
        parts,
      );
      if (refused) return [refused];
      const args = prepare(payload, parts, documents);
      if (!('schema' in args)) return args;
      admitted.set(args, {
        createContext: () => parts.createContext(viewer, { requestId: extra.requestId }),
        sharing: { groups, key: subscriptionKey(args, viewer), rider: createRider(id, extra, parts) },
      });
      return args;
    },
    subscribe(args) {
      const { createContext, sharing } = getAdmitted(admitted.get(args));
      return subscribeFresh(args, createContext, sharing);
    },
    onNext: ({ extra }, _id, _payload, _args, result) =>
      result.errors && { ...result, errors: presentAll(result.errors, extra, parts) },
    onError: ({ extra }, _id, _payload, errors) => presentAll(errors, extra, parts),
  };
  return makeServer(options);
}

async function authenticateSocket(
  authorization: unknown,
  session: SocketSession,
  parts: GraphQLParts,
): Promise<boolean> {
  const key = readBearerKey(authorization);
  session.viewer = key === null ? null : await parts.authenticate(key);
  session.key = session.viewer && key;
  if (session.viewer) takePlace(session, session.viewer, parts.limits);
  return session.viewer !== null;
}

/** @throws {SocketRefusedError} if the caller has as many sockets as it may. */
function takePlace(session: SocketSession, viewer: Viewer, limits: RequestLimits): void {
  // Closed while its key was looked up: nobody would give the place back.
  if (session.isClosed) return;
  session.leave = limits.enterSocket(viewer);
  if (session.leave) return;
  throw new SocketRefusedError(TOO_MANY, `This API key has ${limits.socketsPerKey} sockets open already.`);
}

/** Why a subscription is not looked at. @param socket how many subscriptions it has, this one included. */
function findRefusal(
  viewer: Viewer,
  { subscriptions, address }: { subscriptions: number; address: string },
  { limits }: GraphQLParts,
): GraphQLError | null {
  const { subscriptionsPerSocket } = limits;
  if (subscriptions > subscriptionsPerSocket)
    return refuseOperation('TOO_MANY_SUBSCRIPTIONS', `A socket has at most ${subscriptionsPerSocket} subscriptions.`);
  try {
    limits.countAddress(address);
    limits.countOperation(viewer);
    return null;
  } catch (error) {
    if (error instanceof RequestError) return new GraphQLError(error.message, { originalError: error });
    throw error;
  }
}

interface SubscribePayload extends SentDocument {
  operationName?: string | undefined | null;
  variables?: Record<string, unknown> | undefined | null;
}

/** What to run, or why not. */
function prepare(
  payload: SubscribePayload,
  { schema, limits, operations }: GraphQLParts,
  documents: KnownDocuments,
): ExecutionArgs | readonly GraphQLError[] {
  const text = findText(payload, operations);
  if (text instanceof GraphQLError) return [text];
  const document = documents.parse(text);
  if (document instanceof GraphQLError) return [document];
  const operation = getOperationAST(document, payload.operationName);
  if (!operation)
    return [
      refuseOperation('OPERATION_RESOLUTION_FAILURE', 'The operation cannot be told: name one that the query has.'),
    ];
  if (operation.operation !== SUBSCRIPTION)
    return [refuseOperation('BAD_REQUEST', describeWrongKind(operation.operation))];
  const faults = documents.findFaults(text, document);
  if (faults.length > 0) return faults;
  const variables = payload.variables ?? {};
  const excess = findExcess({ schema, document, operation, variables }, limits.allowsDiscovery);
  if (excess) return [excess];
  if (operations && !operations.includes(document)) return [refuseUnlisted()];
  return { schema, document, operationName: payload.operationName ?? null, variableValues: variables };
}

const SUBSCRIPTION: `${OperationTypeNode}` = 'subscription';

function describeWrongKind(kind: string): string {
  return `Over WebSocket there are only subscriptions: send this ${kind} by HTTP POST to the same address.`;
}

function presentAll(errors: readonly GraphQLError[], { requestId }: SocketSession, { presenter, log }: GraphQLParts) {
  logFaults(errors, { presenter, log, requestId });
  return stampErrors(
    errors.map((error) => presenter.present(error)),
    requestId,
  );
}

/** What a subscription that may run is run with. */
interface Admitted {
  createContext(): Context;
  sharing: Sharing;
}

function getAdmitted(found: Admitted | undefined): Admitted {
  if (found) return found;
  throw new Error('A subscription has no context: it did not pass onSubscribe.');
}

/**
 * Writes results as the protocol's server does; all of a message but its id is the same for all riders of a group. As bytes:
 * a text is encoded by each socket anew, which made a message half as dear again.
 */
function createRider(id: string, session: SocketSession, parts: GraphQLParts): Rider {
  // Kept as a text: a small buffer that lives on keeps the whole slab which it is a slice of.
  const head = `{"id":${JSON.stringify(id)},"type":"${MessageType.Next}","payload":`;
  const headBytes = Buffer.byteLength(head);
  return {
    take(result, json) {
      const payload = json ?? encodeFaulty(result, session, parts);
      const message = Buffer.allocUnsafe(headBytes + payload.length + 1);
      message.write(head);
      message.set(payload, headBytes);
      message.write('}', message.length - 1);
      return session.write(message);
    },
  };
}

function encodeFaulty({ errors = [], ...rest }: ExecutionResult, session: SocketSession, parts: GraphQLParts): Buffer {
  return Buffer.from(JSON.stringify({ ...rest, errors: presentAll(errors, session, parts) }));
}
