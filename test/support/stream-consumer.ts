/** A consumer of streams as anyone writes it with the AWS SDK. */

import { GetRecordsCommand, GetShardIteratorCommand, KinesisClient, ListShardsCommand } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';

/** A record as a consumer gets it; `body` is its JSON. */
export interface ConsumedRecord {
  readonly partitionKey: string;
  readonly body: unknown;
  /** When the stream got it, by its own clock. */
  readonly arrivedAt: Date;
}

/** Reads all records of a stream, by partition key: of several with one key the newest. */
export async function consume(endpoint: string, stream: string): Promise<Map<string, unknown>> {
  return new Map((await consumeAll(endpoint, stream)).map(({ partitionKey, body }) => [partitionKey, body]));
}

/** Reads all records of a stream, shard by shard, each shard's in their order. */
export async function consumeAll(endpoint: string, stream: string): Promise<ConsumedRecord[]> {
  const client = new KinesisClient({
    region: 'us-east-1',
    endpoint,
    credentials: { accessKeyId: 'AKIAIOSFODNN7CONSUME', secretAccessKey: 'x'.repeat(40) },
    // The SDK's default for Kinesis is HTTP/2, which only AWS itself speaks.
    requestHandler: new NodeHttpHandler(),
  });
  const records: ConsumedRecord[] = [];
  const { Shards } = await client.send(new ListShardsCommand({ StreamName: stream }));
  for (const shard of Shards ?? []) {
    const start = { StreamName: stream, ShardId: shard.ShardId, ShardIteratorType: 'TRIM_HORIZON' as const };
    let next = (await client.send(new GetShardIteratorCommand(start))).ShardIterator;
    for (let behind = 1; behind > 0 && next; ) {
      const page = await client.send(new GetRecordsCommand({ ShardIterator: next }));
      for (const record of page.Records ?? [])
        records.push({
          partitionKey: record.PartitionKey ?? '',
          body: JSON.parse(Buffer.from(record.Data ?? []).toString('utf8')),
          arrivedAt: record.ApproximateArrivalTimestamp ?? new Date(Number.NaN),
        });
      next = page.NextShardIterator;
      behind = page.MillisBehindLatest ?? 0;
    }
  }
  client.destroy();
  return records;
}
