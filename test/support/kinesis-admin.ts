/** What a stream's owner does to it at AWS: by the stock SDK, as the product knows nothing of it. */

import {
  CreateStreamCommand,
  DeleteStreamCommand,
  KinesisClient,
  ListShardsCommand,
  MergeShardsCommand,
  SplitShardCommand,
  UpdateMaxRecordSizeCommand,
} from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';

/** The owner of streams. */
export interface KinesisAdmin extends Disposable {
  /** Splits every open shard in the middle. */
  splitAll(stream: string): Promise<void>;
  /** Merges the first two open shards. */
  mergeFirst(stream: string): Promise<void>;
  limitRecords(stream: string, maxKiB: number): Promise<void>;
  remove(stream: string): Promise<void>;
  create(stream: string, shards: number): Promise<void>;
}

/** Opens an owner's client on a sandbox. */
export function openKinesisAdmin(endpoint: string): KinesisAdmin {
  const client = new KinesisClient({
    endpoint,
    // The sandbox speaks HTTP/1.1 alone, and so does the product.
    requestHandler: new NodeHttpHandler(),
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIAOWNEROWNEROWNER1', secretAccessKey: 'x'.repeat(40) },
  });
  const listOpen = async (stream: string) => {
    const { Shards = [] } = await client.send(new ListShardsCommand({ StreamName: stream }));
    return Shards.filter((shard) => !shard.SequenceNumberRange?.EndingSequenceNumber).sort((a, b) =>
      BigInt(a.HashKeyRange?.StartingHashKey ?? 0) < BigInt(b.HashKeyRange?.StartingHashKey ?? 0) ? -1 : 1,
    );
  };
  return {
    async splitAll(stream) {
      for (const shard of await listOpen(stream)) {
        const { StartingHashKey = '0', EndingHashKey = '0' } = shard.HashKeyRange ?? {};
        const middle = (BigInt(StartingHashKey) + BigInt(EndingHashKey)) / 2n + 1n;
        const command = { StreamName: stream, ShardToSplit: shard.ShardId, NewStartingHashKey: String(middle) };
        await client.send(new SplitShardCommand(command));
      }
    },
    async mergeFirst(stream) {
      const [first, second] = await listOpen(stream);
      const command = { StreamName: stream, ShardToMerge: first?.ShardId, AdjacentShardToMerge: second?.ShardId };
      await client.send(new MergeShardsCommand(command));
    },
    async limitRecords(stream, maxKiB) {
      const StreamARN = `arn:aws:kinesis:us-east-1:000000000000:stream/${stream}`;
      await client.send(new UpdateMaxRecordSizeCommand({ StreamARN, MaxRecordSizeInKiB: maxKiB }));
    },
    async remove(stream) {
      await client.send(new DeleteStreamCommand({ StreamName: stream }));
    },
    async create(stream, shards) {
      await client.send(new CreateStreamCommand({ StreamName: stream, ShardCount: shards }));
    },
    [Symbol.dispose]: () => client.destroy(),
  };
}
