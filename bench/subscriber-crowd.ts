/**
 * Subscribers, all in one process: they note when which event came, and no more. Written on bare sockets, so that what the
 * client costs is little, and the same whoever serves.
 */

import { randomUUID } from 'node:crypto';
import { WebSocket } from 'ws';
import { monotonicMs, percentile } from './harness.js';

/** What subscribers say to a GraphQL server; a bare broadcast is told nothing. */
export interface Greeting {
  /** Of `connection_init`. */
  authorization: string;
  query: string;
  variables: Record<string, unknown>;
}

/** How subscribers fared. */
export interface CrowdReport {
  p50Ms: number;
  p99Ms: number;
  /** Events that a subscriber did not get, or got twice; over all subscribers. */
  missing: number;
  repeated: number;
  /** One message, as it came. */
  sample: string;
}

/** Sockets opened at one time. */
const AT_ONCE = 50;
const MARK = Buffer.from('"delivered":');
const QUOTE = 0x22;
const ZERO = 0x30;

/** Subscribers of one destination. */
export class Crowd {
  readonly #sockets: WebSocket[] = [];
  /** When each of an event's messages came. */
  #arrivals = new Map<number, number[]>();
  #messages = 0;
  #sample = '';

  /** Messages with events that have come to those who are here. */
  get messages(): number {
    return this.#messages;
  }

  /** Opens so many more subscribers; resolves when all are live. */
  async open(url: string, count: number, greeting: Greeting | null): Promise<void> {
    for (let left = count; left > 0; left -= AT_ONCE)
      await Promise.all(Array.from({ length: Math.min(AT_ONCE, left) }, () => this.#openOne(url, greeting)));
  }

  /** Closes all of them, and forgets what has come. */
  async close(): Promise<void> {
    const closed = this.#sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    for (const socket of this.#sockets.splice(0)) socket.close();
    await Promise.all(closed);
    // What came after the report is of nobody's run.
    this.#arrivals = new Map();
    this.#messages = 0;
  }

  /** Reckons delays. @param sentAt when each event was sent, by its number. */
  report(sentAt: ReadonlyMap<number, number>): CrowdReport {
    const delays: number[] = [];
    let missing = 0;
    let repeated = 0;
    for (const [number, at] of sentAt) {
      const arrivals = this.#arrivals.get(number) ?? [];
      for (const arrival of arrivals) delays.push(arrival - at);
      missing += Math.max(0, this.#sockets.length - arrivals.length);
      repeated += Math.max(0, arrivals.length - this.#sockets.length);
    }
    return { p50Ms: percentile(delays, 0.5), p99Ms: percentile(delays, 0.99), missing, repeated, sample: this.#sample };
  }

  async #openOne(url: string, greeting: Greeting | null): Promise<void> {
    const socket = new WebSocket(url, greeting ? 'graphql-transport-ws' : [], { perMessageDeflate: false });
    this.#sockets.push(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.once('close', (code, reason) => reject(new Error(`A socket was closed: ${code} ${reason}.`)));
      socket.on('message', (message: Buffer) => {
        if (!this.#take(message) && greeting && answerServer(socket, message, greeting)) resolve();
      });
      socket.once('open', () => {
        if (!greeting) return resolve();
        const { authorization } = greeting;
        socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization } }));
      });
    });
  }

  /** @returns false if the message has no event. */
  #take(message: Buffer): boolean {
    const number = readEventNumber(message);
    if (number === null) return false;
    const arrivals = this.#arrivals.get(number);
    if (arrivals) arrivals.push(monotonicMs());
    else this.#arrivals.set(number, [monotonicMs()]);
    this.#sample ||= message.toString('utf8');
    this.#messages += 1;
    return true;
  }
}

/** @returns whether the subscriber is live. */
function answerServer(socket: WebSocket, message: Buffer, { query, variables }: Greeting): boolean {
  if (message.includes('"connection_ack"'))
    socket.send(JSON.stringify({ id: randomUUID(), type: 'subscribe', payload: { query, variables } }));
  return message.includes('"caughtUp":true');
}

/** The number that an event carries in place of its count of deliveries; null if there is none. Nothing is parsed. */
export function readEventNumber(message: Buffer): number | null {
  const place = message.indexOf(MARK);
  if (place < 0) return null;
  let at = place + MARK.length;
  if (message[at] === QUOTE) at += 1;
  let number = 0;
  for (; isDigit(message[at]); at += 1) number = number * 10 + (message[at] ?? ZERO) - ZERO;
  return number;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte < ZERO + 10;
}
