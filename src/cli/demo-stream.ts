/** The demo's stream, made and read the way a customer does: with the AWS SDK. */

import {
  type _Record,
  CreateStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
} from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { z } from 'zod';

/** A record as it stands in a stream. */
export interface StreamRecord {
  readonly shardId: string;
  readonly partitionKey: string;
  readonly sequenceNumber: string;
  /** Decoded. */
  readonly data: string;
}

/** How many records a shard took. */
export interface ShardCount {
  readonly shardId: string;
  readonly records: number;
}

/** The demo's stream; disposing closes its connections. */
export interface DemoStream extends Disposable {
  readonly name: string;
  readonly region: string;
  /** What the demo's credential is made of. The local Kinesis takes any. */
  readonly keyPair: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** The oldest record that the stream still has; null if it has none. */
  readFirstRecord(): Promise<StreamRecord | null>;
  /** What each shard took since the start, from the sandbox's own books. */
  countByShard(): Promise<ShardCount[]>;
}

/** Shards of the demo's stream. */
export const DEMO_SHARDS = 4;
const REGION = 'eu-west-1';

const sandboxStreams = z.object({
  streams: z.array(
    z.object({ name: z.string(), shards: z.array(z.object({ shardId: z.string(), records: z.number() })) }),
  ),
});

/** Creates a stream. @param keyPair see {@link DemoStream.keyPair}. */
export async function createDemoStream(
  endpoint: string,
  { name, keyPair }: Pick<DemoStream, 'name' | 'keyPair'>,
): Promise<DemoStream> {
  const kinesis = new KinesisClient({
    endpoint,
    region: REGION,
    // A copy: the SDK writes fields of its own into it.
    credentials: { ...keyPair },
    // The local Kinesis speaks HTTP/1.1.
    requestHandler: new NodeHttpHandler(),
  });
  await kinesis.send(new CreateStreamCommand({ StreamName: name, ShardCount: DEMO_SHARDS }));
  return {
    name,
    region: REGION,
    keyPair,
    readFirstRecord: () => readFirstRecord(kinesis, name),
    countByShard: () => countByShard(endpoint, name),
    [Symbol.dispose]: () => kinesis.destroy(),
  };
}

async function readFirstRecord(kinesis: KinesisClient, stream: string): Promise<StreamRecord | null> {
  const { Shards: shards = [] } = await kinesis.send(new ListShardsCommand({ StreamName: stream }));
  const records = await Promise.all(shards.map(({ ShardId = '' }) => readOldest(kinesis, stream, ShardId)));
  // Sequence numbers are of one length in a stream, and grow over all its shards.
  const found = records.filter((record) => record !== null);
  return found.sort((one, other) => (one.sequenceNumber < other.sequenceNumber ? -1 : 1))[0] ?? null;
}

async function readOldest(kinesis: KinesisClient, stream: string, shardId: string): Promise<StreamRecord | null> {
  const start = { StreamName: stream, ShardId: shardId, ShardIteratorType: 'TRIM_HORIZON' } as const;
  const { ShardIterator } = await kinesis.send(new GetShardIteratorCommand(start));
  const { Records = [] } = await kinesis.send(new GetRecordsCommand({ ShardIterator, Limit: 1 }));
  const [record] = Records;
  return record ? toStreamRecord(record, shardId) : null;
}

function toStreamRecord({ PartitionKey, SequenceNumber, Data }: _Record, shardId: string): StreamRecord {
  const data = Buffer.from(Data ?? new Uint8Array()).toString('utf8');
  return { shardId, partitionKey: PartitionKey ?? '', sequenceNumber: SequenceNumber ?? '', data };
}

async function countByShard(endpoint: string, name: string): Promise<ShardCount[]> {
  const response = await fetch(`${endpoint}/sandbox/streams`);
  const { streams } = sandboxStreams.parse(await response.json());
  return streams.find((stream) => stream.name === name)?.shards ?? [];
}
