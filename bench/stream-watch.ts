/**
 * A consumer that polls at short intervals: what it sees, and when. It finds its place with the AWS SDK, and polls with
 * requests of its own: the SDK's took a quarter of the two cores on which the contestants run, which no consumer does that
 * has a machine of its own.
 */

import { Agent, request } from 'node:http';
import { json } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { GetShardIteratorCommand, KinesisClient, ListShardsCommand } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';

/** Between two empty answers of a shard. Amazon allows a consumer 5 polls a second; the sandbox has no such limit. */
const POLL_MS = 2;
const ACCESS_KEY_ID = 'AKIABENCHBENCHBENCH0';

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
  const watch = { seenAt: new Map<number, number>(), lastAt: performance.now() };
  const stop = new AbortController();
  const agent = new Agent({ keepAlive: true });
  const take = (records: readonly StreamRecord[]) => {
    const now = performance.now();
    if (records.length > 0) watch.lastAt = now;
    for (const { Data } of records) {
      const change = readChange(JSON.parse(Buffer.from(Data, 'base64').toString('utf8')));
      if (!watch.seenAt.has(change)) watch.seenAt.set(change, now);
    }
  };
  const iterators = await findEnds(endpoint, stream);
  const readers = Promise.all(
    iterators.map((iterator) => readShard({ endpoint, agent, iterator, take, signal: stop.signal })),
  );
  return Object.assign(watch, {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await readers;
      agent.destroy();
    },
  });
}

/** Iterators at the present end of each shard. */
async function findEnds(endpoint: string, stream: string): Promise<(string | undefined)[]> {
  const credentials = { accessKeyId: ACCESS_KEY_ID, secretAccessKey: 'x'.repeat(40) };
  // Its own choice would be HTTP/2.
  const requestHandler = new NodeHttpHandler();
  const client = new KinesisClient({ region: 'us-east-1', endpoint, credentials, requestHandler });
  try {
    const { Shards = [] } = await client.send(new ListShardsCommand({ StreamName: stream }));
    const start = { StreamName: stream, ShardIteratorType: 'LATEST' as const };
    return await Promise.all(
      Shards.map(
        async ({ ShardId }) => (await client.send(new GetShardIteratorCommand({ ...start, ShardId }))).ShardIterator,
      ),
    );
  } finally {
    client.destroy();
  }
}

interface StreamRecord {
  /** In Base64. */
  Data: string;
}

interface RecordsAnswer {
  Records: StreamRecord[];
  NextShardIterator?: string;
}

async function readShard(reader: {
  endpoint: string;
  agent: Agent;
  iterator: string | undefined;
  take(records: readonly StreamRecord[]): void;
  signal: AbortSignal;
}): Promise<void> {
  let { iterator } = reader;
  while (iterator && !reader.signal.aborted) {
    const page = await getRecords(reader, iterator);
    reader.take(page.Records);
    iterator = page.NextShardIterator;
    if (page.Records.length === 0) await delay(POLL_MS);
  }
}

/** @throws unless the answer is one of GetRecords. */
async function getRecords(reader: { endpoint: string; agent: Agent }, iterator: string): Promise<RecordsAnswer> {
  const answer = await new Promise<unknown>((resolve, reject) => {
    const sent = request(reader.endpoint, { method: 'POST', agent: reader.agent, headers: HEADERS }, (response) => {
      json(response).then(resolve, reject);
    });
    sent.on('error', reject);
    sent.end(JSON.stringify({ ShardIterator: iterator }));
  });
  if (isRecordsAnswer(answer)) return answer;
  throw new Error(`GetRecords was answered ${JSON.stringify(answer)}`);
}

function isRecordsAnswer(answer: unknown): answer is RecordsAnswer {
  return typeof answer === 'object' && answer !== null && 'Records' in answer && Array.isArray(answer.Records);
}

const HEADERS = {
  'content-type': 'application/x-amz-json-1.1',
  'x-amz-target': 'Kinesis_20131202.GetRecords',
  // The sandbox reads who asks, and checks no signature.
  authorization: `AWS4-HMAC-SHA256 Credential=${ACCESS_KEY_ID}/20260101/us-east-1/kinesis/aws4_request`,
};
