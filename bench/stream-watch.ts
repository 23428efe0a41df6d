/** A consumer as anyone writes it with the AWS SDK, polling at short intervals: what it sees, and when. */

import { setTimeout as delay } from 'node:timers/promises';
import { GetRecordsCommand, GetShardIteratorCommand, KinesisClient, ListShardsCommand } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';

/** Between two empty answers of a shard. Amazon allows a consumer 5 polls a second; the sandbox has no such limit. */
const POLL_MS = 2;

/** A consumer at work; disposing ends it. */
export interface StreamWatch extends AsyncDisposable {
  /** When the record of a change was first seen, by the monotonic clock in ms. */
  readonly seenAt: ReadonlyMap<number, number>;
  /** When a record was seen last. */
  readonly lastAt: number;
}

/**
 * Watches a stream from its present end on.
 * @param readChange the number of the change that a record tells of.
 */
export async function watchStream(
  endpoint: string,
  stream: string,
  readChange: (body: unknown) => number,
): Promise<StreamWatch> {
  const client = new KinesisClient({
    region: 'us-east-1',
    endpoint,
    credentials: { accessKeyId: 'AKIABENCHBENCHBENCH0', secretAccessKey: 'x'.repeat(40) },
    requestHandler: new NodeHttpHandler({ httpAgent: { keepAlive: true } }),
  });
  const watch = { seenAt: new Map<number, number>(), lastAt: performance.now() };
  const stop = new AbortController();
  const take = (records: readonly { Data?: Uint8Array }[]) => {
    const now = performance.now();
    if (records.length > 0) watch.lastAt = now;
    for (const { Data = new Uint8Array() } of records) {
      const change = readChange(JSON.parse(Buffer.from(Data).toString('utf8')));
      if (!watch.seenAt.has(change)) watch.seenAt.set(change, now);
    }
  };
  const { Shards = [] } = await client.send(new ListShardsCommand({ StreamName: stream }));
  const iterators = await Promise.all(Shards.map(({ ShardId }) => findEnd(client, stream, ShardId)));
  const readers = Promise.all(iterators.map((iterator) => readShard({ client, iterator, take, signal: stop.signal })));
  return Object.assign(watch, {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await readers;
      client.destroy();
    },
  });
}

async function findEnd(client: KinesisClient, stream: string, shardId: string | undefined) {
  const start = { StreamName: stream, ShardId: shardId, ShardIteratorType: 'LATEST' as const };
  return (await client.send(new GetShardIteratorCommand(start))).ShardIterator;
}

async function readShard(reader: {
  client: KinesisClient;
  iterator: string | undefined;
  take(records: readonly { Data?: Uint8Array }[]): void;
  signal: AbortSignal;
}): Promise<void> {
  let { iterator } = reader;
  while (iterator && !reader.signal.aborted) {
    const page = await reader.client.send(new GetRecordsCommand({ ShardIterator: iterator }));
    const records = page.Records ?? [];
    reader.take(records);
    iterator = page.NextShardIterator;
    if (records.length === 0) await delay(POLL_MS);
  }
}
