/** PutRecords: the stock SDK signs, the body and the answer are done by hand. */

import { Readable } from 'node:stream';
import { KinesisClient, type KinesisClientConfig, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import type { NodeHttpHandler } from '@smithy/node-http-handler';
import { type RawAnswer, readAnswer } from './answer.js';
import { addressOf, encodePutRecords } from './body.js';
import type { BodyMemory } from './body-memory.js';
import { isNeverConnected, nameFault } from './connection-fault.js';
import { classify, isKeyFault } from './fault.js';
import { findKeys } from './key-use.js';
import type { KeySource } from './keys.js';
import type { PutRecords } from './producer.js';

/** What requests go through. */
export interface Wire {
  /** Of the client that signs; it retries nothing. */
  readonly config: KinesisClientConfig;
  /** The same as in `config`: closed by whoever made it. */
  readonly requestHandler: NodeHttpHandler;
  readonly keys: KeySource;
  /** Where bodies are written. */
  readonly memory: BodyMemory;
}

/** Makes the call; it connects with the first request. */
export function createPutRecords({ config, requestHandler, keys, memory }: Wire): PutRecords {
  // The SDK puts its middleware together once in place of with each request, which costs as much as signing.
  const client = new KinesisClient({ ...config, cacheMiddleware: true });
  const exchanges: Exchanges = new WeakMap();
  replaceBody(client, exchanges);
  sendByHand(client, exchanges, requestHandler);
  const attempt = (request: Request) => exchangeOnce({ client, exchanges, memory }, request);
  return async (request) => {
    const found = await findKeys(keys, request.signal);
    if ('fault' in found) return { kind: 'unsigned', fault: found.fault };
    const answer = await attempt(request);
    // What is refused for its keys is not stored: with other keys it is sent once more, within the same attempt.
    if (answer.kind !== 'refused' || !isKeyFault(classify(answer)) || !keys.replace(found.value)) return answer;
    const next = await findKeys(keys, request.signal);
    return 'fault' in next ? { kind: 'unsigned', fault: next.fault } : attempt(request);
  };
}

type Request = Parameters<PutRecords>[0];

/** What goes on in one request. */
interface Exchange {
  readonly body: Buffer;
  readonly signal: AbortSignal;
  /** It has left the SDK for the socket. */
  isHandedOver: boolean;
  answer: RawAnswer | null;
}

/** By the input of the SDK's command: its middleware serves all requests and is handed nothing else of ours. */
type Exchanges = WeakMap<object, Exchange>;

async function exchangeOnce(
  { client, exchanges, memory }: { client: KinesisClient; exchanges: Exchanges; memory: BodyMemory },
  request: Request,
): ReturnType<PutRecords> {
  const body = encodePutRecords(request.stream, request.records, memory);
  const exchange: Exchange = { body, signal: request.signal, isHandedOver: false, answer: null };
  const command = new PutRecordsCommand({ ...addressOf(request.stream), Records: [] });
  exchanges.set(command.input, exchange);
  try {
    await client.send(command);
  } catch (error) {
    const reason = nameFault(error);
    if (!exchange.isHandedOver || isNeverConnected(error)) return { kind: 'unsent', reason };
    return { kind: 'unreadable', reason, requestId: null };
  }
  if (exchange.answer === null) return { kind: 'unreadable', reason: 'no HTTP answer', requestId: null };
  const answer = readAnswer(exchange.answer);
  // Results come for whole requests alone; a refusal may come while its body is still on its way.
  if (answer.kind === 'results') memory.giveBack(body);
  return answer;
}

function exchangeOf(exchanges: Exchanges, input: object): Exchange {
  const exchange = exchanges.get(input);
  if (!exchange) throw new Error('The SDK made another input of the one that it was given.');
  return exchange;
}

/** High priority: before the content length is taken and the signature made. */
function replaceBody(client: KinesisClient, exchanges: Exchanges): void {
  client.middlewareStack.add(
    (next) => (args) => {
      const { body } = exchangeOf(exchanges, args.input);
      if (typeof args.request === 'object' && args.request !== null) Object.assign(args.request, { body });
      return next(args);
    },
    { step: 'build', priority: 'high', name: 'putRecordsBody' },
  );
}

/**
 * Takes the place of the SDK's deserializer, which costs CPU and reports success on an empty or short answer, and of its way to
 * the socket: middleware that serves all requests knows no request's signal.
 */
function sendByHand(client: KinesisClient, exchanges: Exchanges, requestHandler: NodeHttpHandler): void {
  client.middlewareStack.add(
    () => async (args) => {
      const exchange = exchangeOf(exchanges, args.input);
      if (!isHttpRequest(args.request)) throw new Error('The SDK made no HTTP request.');
      exchange.isHandedOver = true;
      const { response } = await requestHandler.handle(args.request, { abortSignal: exchange.signal });
      exchange.answer = await readResponse(response);
      return { response, output: { $metadata: {}, Records: [] } };
    },
    { step: 'deserialize', name: 'deserializerMiddleware', override: true },
  );
}

type HttpRequest = Parameters<NodeHttpHandler['handle']>[0];

function isHttpRequest(request: unknown): request is HttpRequest {
  return typeof request === 'object' && request !== null && 'hostname' in request && 'headers' in request;
}

async function readResponse(response: unknown): Promise<RawAnswer | null> {
  if (typeof response !== 'object' || response === null) return null;
  if (!('statusCode' in response) || typeof response.statusCode !== 'number') return null;
  if (!('body' in response) || !(response.body instanceof Readable)) return null;
  const headers = 'headers' in response ? readHeaders(response.headers) : {};
  return { httpStatus: response.statusCode, headers, body: await readText(response.body) };
}

function readHeaders(headers: unknown): Record<string, string> {
  const entries = Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]);
  return Object.fromEntries(entries);
}

/** Reads to the end; fails when the connection ends before the body does, as it does when the call's signal aborts. */
async function readText(body: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}
