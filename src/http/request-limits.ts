/** How much a caller may ask for: GraphQL over HTTP and WebSocket, uploads and downloads alike. */

import { RequestError } from '../domain/user-error.js';
import type { Viewer } from '../domain/viewer.js';
import { createRateLimit } from './rate-limit.js';

/** What an operator may set; see `src/config.ts`. */
export interface LimitSettings {
  /** Whether the schema may be asked for. */
  allowsDiscovery: boolean;
  /** Requests a second of one API key, and of one address; in this process. A subscription counts as one. */
  operationsPerKey: number;
  operationsPerAddress: number;
  /** Open sockets of one API key, and of this process. */
  socketsPerKey: number;
  socketsPerNode: number;
  subscriptionsPerSocket: number;
  /** Messages and control frames a second of one socket. */
  messagesPerSocket: number;
}

/** The limits of a process, with what was used of them. */
export interface RequestLimits extends LimitSettings {
  /** Counts a request of an address, before it is known whose it is. @throws {RequestError} RATE_LIMITED. */
  countAddress(address: string): void;
  /** Counts a request or subscription of a caller. @throws {RequestError} RATE_LIMITED. */
  countOperation(viewer: Viewer): void;
  /** Takes a place for a socket of a caller. @returns gives it back, once; null if there is none left. */
  enterSocket(viewer: Viewer): (() => void) | null;
  /** Counts a message or control frame of a socket. @param socket its name in this process. @throws {RequestError} RATE_LIMITED. */
  countMessage(socket: string): void;
}

/** Makes the limits of a process. */
export function createRequestLimits(settings: LimitSettings): RequestLimits {
  const keys = createRateLimit({ perSecond: settings.operationsPerKey });
  const addresses = createRateLimit({ perSecond: settings.operationsPerAddress });
  const messages = createRateLimit({ perSecond: settings.messagesPerSocket });
  const sockets = new Map<string, number>();
  return {
    ...settings,
    countAddress: (address) => refuseWait(addresses.take(address), 'this address'),
    enterSocket: (viewer) => enter(sockets, callerName(viewer), settings.socketsPerKey),
    countMessage: (socket) => refuseMessage(messages.take(socket), settings.messagesPerSocket),
    countOperation: (viewer) => refuseWait(keys.take(callerName(viewer)), 'this API key'),
  };
}

function enter(places: Map<string, number>, name: string, most: number): (() => void) | null {
  const taken = places.get(name) ?? 0;
  if (taken >= most) return null;
  places.set(name, taken + 1);
  return () => {
    const left = (places.get(name) ?? 1) - 1;
    if (left > 0) places.set(name, left);
    else places.delete(name);
  };
}

/** Names a caller for what is counted by caller. */
function callerName({ workspaceId, apiKeyId, actor }: Viewer): string {
  return apiKeyId === undefined ? `${workspaceId} ${actor.kind} ${actor.name}` : `key ${apiKeyId}`;
}

function refuseMessage(waitMs: number, perSecond: number): void {
  if (waitMs > 0)
    throw new RequestError('RATE_LIMITED', `Too many messages: a socket sends at most ${perSecond} a second.`);
}

function refuseWait(waitMs: number, whose: string): void {
  if (waitMs > 0)
    throw new RequestError('RATE_LIMITED', `Too many requests of ${whose}: send again in ${waitMs} ms, and fewer.`);
}
