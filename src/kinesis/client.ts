/** The way to AWS: the stock SDK signs and sends, the body and the answer of PutRecords are done by hand. */

import { Readable } from 'node:stream';
import {
  DescribeStreamSummaryCommand,
  KinesisClient,
  KinesisServiceException,
  ListStreamsCommand,
  type ListStreamsCommandOutput,
  PutRecordsCommand,
} from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { type RawAnswer, readAnswer } from './answer.js';
import { addressOf, encodePutRecords } from './body.js';
import { BodyMemory } from './body-memory.js';
import { isNeverConnected, nameFault } from './connection-fault.js';
import { classify, isKeyFault } from './fault.js';
import { findKeys, withKeys } from './key-use.js';
import { type KeySource, toProvider } from './keys.js';
import type { PutRecords } from './producer.js';
import { listOpenShards, type OpenShard } from './shards.js';

/** What a client is made of; a rotated credential needs a new client. */
export interface KinesisClientOptions {
  /** Valid by `^[a-z]{2}(-[a-z]+)+-\d$`: the SDK itself takes anything. */
  readonly region: string;
  /** Who signs. */
  readonly keys: KeySource;
  /** Another address than AWS's, as an http or https URL: the sandbox, an emulator, a private endpoint. */
  readonly endpoint?: string;
  /** Shared by the clients of a process; by default the client has its own. */
  readonly memory?: BodyMemory;
}

/** A stream as AWS describes it; null is what the answer does not tell. */
export interface StreamSummary {
  readonly arn: string;
  readonly name: string;
  /** AWS's word: `ACTIVE`, `CREATING`, `UPDATING`, `DELETING`. */
  readonly status: string | null;
  /** AWS's word: `ON_DEMAND`, `PROVISIONED`. */
  readonly mode: string | null;
  readonly openShardCount: number | null;
  /** As AWS names it; null if the stream is not encrypted. */
  readonly kmsKeyId: string | null;
  /** The stream's own limit on data + key, in bytes. */
  readonly maxRecordBytes: number | null;
  /** Whether AWS spreads records as it likes (`AUTO` distribution): then keys keep no order. */
  readonly ignoresPartitionKeys: boolean;
}

/** Streams by name, and whether there are more than were asked for. */
export interface StreamPage {
  readonly streams: readonly StreamSummary[];
  readonly truncated: boolean;
}

/** A connection pool to one region with one credential; keep one per destination, dispose of it at the end. */
export interface KinesisConnection extends Disposable {
  readonly putRecords: PutRecords;
  /**
   * Asks what a stream is like.
   * @param stream name or ARN.
   * @throws the SDK's own error, whose `name` is the wire code.
   */
  describeStream(stream: string, signal: AbortSignal): Promise<StreamSummary>;
  /**
   * Lists the open shards of a stream, all pages, in the order of their hash ranges.
   * @param stream name or ARN.
   * @throws as {@link listOpenShards}.
   */
  listShards(stream: string, signal: AbortSignal): Promise<OpenShard[]>;
  /**
   * Asks AWS whether records could be put, without putting one: a dry run, whose explicit hash key is out of range so that
   * an endpoint that knows no dry runs refuses it as well.
   * @param stream name or ARN.
   * @throws the SDK's own error if it refuses for another reason, such as a missing permission.
   */
  checkWrite(stream: string, signal: AbortSignal): Promise<void>;
  /** Lists at most `limit` streams. @throws the SDK's own error. */
  listStreams(limit: number, signal: AbortSignal): Promise<StreamPage>;
  /** Closes all sockets. */
  destroy(): void;
}

/** Makes a client; it connects with the first call. */
export function createKinesisClient(options: KinesisClientOptions): KinesisConnection {
  const { keys } = options;
  const client = new KinesisClient({
    region: options.region,
    credentials: toProvider(keys),
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
    maxAttempts: 1, // Retries are the producer's: the SDK would send delivered records again.
    // Given, so that no setting of the process's environment or ~/.aws reaches a customer's client.
    retryMode: 'standard',
    defaultsMode: 'standard',
    ignoreConfiguredEndpointUrls: true,
    useDualstackEndpoint: false,
    useFipsEndpoint: false,
    accountIdEndpointMode: 'disabled',
    userAgentAppId: 'tributary',
    // HTTP/1.1: the SDK's HTTP/2 default opens a session per call and is 1.5 to 2 times slower.
    requestHandler: new NodeHttpHandler({ connectionTimeout: CONNECT_MS, httpAgent: AGENT, httpsAgent: AGENT }),
  });
  const destroy = () => client.destroy();
  const memory = options.memory ?? new BodyMemory();
  return {
    putRecords: (request) => putRecords({ client, keys, memory }, request),
    describeStream: (stream, signal) => withKeys(keys, signal, () => describeStream(client, stream, signal)),
    listShards: (stream, signal) => withKeys(keys, signal, () => listOpenShards(client, stream, signal)),
    checkWrite: (stream, signal) => withKeys(keys, signal, () => checkWrite(client, stream, signal)),
    listStreams: (limit, signal) => withKeys(keys, signal, () => listStreams(client, limit, signal)),
    destroy,
    [Symbol.dispose]: destroy,
  };
}

const CONNECT_MS = 3_000;

/** One socket a lane. Idle ones go after 10 s, before AWS closes them: a reset on reuse would be an unknown outcome. */
const AGENT = { keepAlive: true, maxSockets: 16, timeout: 10_000 };

/** What requests go through. */
interface Wire {
  client: KinesisClient;
  keys: KeySource;
  memory: BodyMemory;
}

/** What is refused for its keys is not stored: with other keys it is sent once more, within the same attempt. */
async function putRecords(wire: Wire, request: Parameters<PutRecords>[0]): ReturnType<PutRecords> {
  const { keys } = wire;
  const found = await findKeys(keys, request.signal);
  if ('fault' in found) return { kind: 'unsigned', fault: found.fault };
  const answer = await attempt(wire, request);
  if (answer.kind !== 'refused' || !isKeyFault(classify(answer)) || !keys.replace(found.value)) return answer;
  const next = await findKeys(keys, request.signal);
  return 'fault' in next ? { kind: 'unsigned', fault: next.fault } : attempt(wire, request);
}

async function attempt({ client, memory }: Wire, request: Parameters<PutRecords>[0]): ReturnType<PutRecords> {
  const exchange: Exchange = { isHandedOver: false, answer: null };
  const target = addressOf(request.stream);
  const command = new PutRecordsCommand({ ...target, Records: [] });
  const body = encodePutRecords(request.stream, request.records, memory);
  replaceBody(command, body);
  keepRawAnswer(command, exchange);
  try {
    await client.send(command, { abortSignal: request.signal });
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

/** What goes on in one request. `isHandedOver`: it has left the SDK for the socket. */
interface Exchange {
  isHandedOver: boolean;
  answer: RawAnswer | null;
}

/** High priority: before the content length is taken and the signature made. */
function replaceBody(command: PutRecordsCommand, body: Buffer): void {
  command.middlewareStack.add(
    (next) => (args) => {
      if (typeof args.request === 'object' && args.request !== null) Object.assign(args.request, { body });
      return next(args);
    },
    { step: 'build', priority: 'high', name: 'putRecordsBody' },
  );
}

/** Takes the place of the SDK's deserializer, which costs CPU and reports success on an empty or short answer. */
function keepRawAnswer(command: PutRecordsCommand, exchange: Exchange): void {
  command.middlewareStack.add(
    (next) => async (args) => {
      exchange.isHandedOver = true;
      const { response } = await next(args);
      exchange.answer = await readResponse(response);
      return { response, output: { $metadata: {}, Records: [] } };
    },
    { step: 'deserialize', name: 'deserializerMiddleware', override: true },
  );
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

async function describeStream(client: KinesisClient, stream: string, signal: AbortSignal): Promise<StreamSummary> {
  const command = new DescribeStreamSummaryCommand(addressOf(stream));
  const { StreamDescriptionSummary: summary } = await client.send(command, { abortSignal: signal });
  const maxKibibytes = summary?.MaxRecordSizeInKiB;
  return {
    ...nameStream(summary ?? {}),
    openShardCount: summary?.OpenShardCount ?? null,
    kmsKeyId: summary?.EncryptionType === 'KMS' ? (summary.KeyId ?? 'aws/kinesis') : null,
    maxRecordBytes: maxKibibytes === undefined ? null : maxKibibytes * 1_024,
    ignoresPartitionKeys: summary?.RecordDistributionStrategy === 'AUTO',
  };
}

async function listStreams(client: KinesisClient, limit: number, signal: AbortSignal): Promise<StreamPage> {
  const streams: StreamSummary[] = [];
  let token: string | undefined;
  do {
    const command = new ListStreamsCommand({ Limit: limit, ...(token !== undefined && { NextToken: token }) });
    const page: ListStreamsCommandOutput = await client.send(command, { abortSignal: signal });
    for (const summary of page.StreamSummaries ?? []) streams.push({ ...UNDESCRIBED, ...nameStream(summary) });
    token = page.HasMoreStreams ? page.NextToken : undefined;
  } while (token !== undefined && streams.length < limit);
  return { streams: streams.slice(0, limit), truncated: token !== undefined || streams.length > limit };
}

/** What ListStreams leaves open. */
const UNDESCRIBED = { openShardCount: null, kmsKeyId: null, maxRecordBytes: null, ignoresPartitionKeys: false };

function nameStream(summary: {
  StreamARN?: string | undefined;
  StreamName?: string | undefined;
  StreamStatus?: string | undefined;
  StreamModeDetails?: { StreamMode?: string | undefined } | undefined;
}): Pick<StreamSummary, 'arn' | 'name' | 'status' | 'mode'> {
  return {
    arn: summary.StreamARN ?? '',
    name: summary.StreamName ?? '',
    status: summary.StreamStatus ?? null,
    mode: summary.StreamModeDetails?.StreamMode ?? null,
  };
}

async function checkWrite(client: KinesisClient, stream: string, signal: AbortSignal): Promise<void> {
  const record = { Data: new Uint8Array([0]), PartitionKey: 'check', ExplicitHashKey: OUT_OF_RANGE };
  const command = new PutRecordsCommand({ ...addressOf(stream), DryRun: true, Records: [record] });
  try {
    await client.send(command, { abortSignal: signal });
  } catch (error) {
    if (!isExpectedRefusal(error)) throw error;
  }
}

/** 2^128: hash keys end before it. */
const OUT_OF_RANGE = (2n ** 128n).toString();

/** AWS looks at permissions before it looks at records: who is refused for the record may write. */
function isExpectedRefusal(error: unknown): boolean {
  if (!(error instanceof KinesisServiceException)) return false;
  if (error.name === 'DryRunOperationException') return true;
  const { httpStatusCode: httpStatus = 0 } = error.$metadata;
  return classify({ code: error.name, httpStatus, message: error.message }).kind === 'invalid';
}
