/** The way to AWS, by the stock SDK. */

import {
  DescribeStreamSummaryCommand,
  KinesisClient,
  type KinesisClientConfig,
  KinesisServiceException,
  ListStreamsCommand,
  type ListStreamsCommandOutput,
  PutRecordsCommand,
} from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { addressOf } from './body.js';
import { BodyMemory } from './body-memory.js';
import { classify } from './fault.js';
import { withKeys } from './key-use.js';
import { type KeySource, toProvider } from './keys.js';
import type { PutRecords } from './producer.js';
import { createPutRecords } from './put-records.js';
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
  // HTTP/1.1: the SDK's HTTP/2 default opens a session per call and is 1.5 to 2 times slower.
  const requestHandler = new NodeHttpHandler({ connectionTimeout: CONNECT_MS, httpAgent: AGENT, httpsAgent: AGENT });
  const config: KinesisClientConfig = {
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
    requestHandler,
  };
  const client = new KinesisClient(config);
  const destroy = () => client.destroy();
  const memory = options.memory ?? new BodyMemory();
  return {
    putRecords: createPutRecords({ config, requestHandler, keys, memory }),
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
