/** The real AWS SDK client against a sandbox, and reading streams back through it. */

import {
  type _Record,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
} from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';

/** What a client is made of besides its endpoint. */
export interface ClientOptions {
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly sessionToken?: string;
  readonly region?: string;
  /** Inactivity of a socket, milliseconds. Default 5,000. */
  readonly requestTimeoutMs?: number;
}

/** An SDK client over HTTP/1.1 keep-alive that tries each call once. Destroy it after use. */
export function createClient(endpoint: string, options: ClientOptions = {}): KinesisClient {
  return new KinesisClient({
    endpoint,
    region: options.region ?? 'eu-west-1',
    credentials: {
      accessKeyId: options.accessKeyId ?? 'AKIATEST',
      secretAccessKey: options.secretAccessKey ?? 'secret',
      ...(options.sessionToken !== undefined && { sessionToken: options.sessionToken }),
    },
    requestHandler: new NodeHttpHandler({
      requestTimeout: options.requestTimeoutMs ?? 5_000,
      throwOnRequestTimeout: true,
    }),
    maxAttempts: 1,
  });
}

/** All retained records of a stream with their shards, read the way a consumer reads: shard by shard. */
export async function readStream(
  client: KinesisClient,
  stream: string,
): Promise<(_Record & { readonly shardId: string })[]> {
  const { Shards: shards = [] } = await client.send(new ListShardsCommand({ StreamName: stream }));
  const read = await Promise.all(
    shards.map(async ({ ShardId: shardId = '' }) => {
      const records = await readShard(client, stream, shardId);
      return records.map((record) => ({ ...record, shardId }));
    }),
  );
  return read.flat();
}

/** All retained records of one shard, from its trim horizon to its present end. */
export async function readShard(client: KinesisClient, stream: string, shardId: string): Promise<_Record[]> {
  const start = await client.send(
    new GetShardIteratorCommand({ StreamName: stream, ShardId: shardId, ShardIteratorType: 'TRIM_HORIZON' }),
  );
  const records: _Record[] = [];
  let iterator = start.ShardIterator;
  while (iterator !== undefined) {
    const page = await client.send(new GetRecordsCommand({ ShardIterator: iterator }));
    records.push(...(page.Records ?? []));
    iterator = page.Records?.length ? page.NextShardIterator : undefined;
  }
  return records;
}

/** Records with the keys `key-0` to `key-(count - 1)`. */
export function makeRecords(count: number, sizeBytes = 10): { Data: Buffer; PartitionKey: string }[] {
  return Array.from({ length: count }, (_, index) => ({
    Data: Buffer.alloc(sizeBytes, 'x'),
    PartitionKey: `key-${index}`,
  }));
}
