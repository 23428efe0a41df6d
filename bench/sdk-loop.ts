/**
 * The opponent: what a careful engineer writes with the AWS SDK alone. Ready-made payloads, 500 a call, several calls
 * at once over keep-alive connections, every answer checked, failed records sent again until none is left.
 */

import { KinesisClient, PutRecordsCommand, type PutRecordsRequestEntry } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';

const CALL_RECORDS = 500;

/** Sends the payload `count` times, each with a key of its own. */
export async function runSdkLoop(options: {
  endpoint: string;
  stream: string;
  count: number;
  payload: Buffer;
  concurrency: number;
}): Promise<void> {
  const client = new KinesisClient({
    region: 'us-east-1',
    endpoint: options.endpoint,
    credentials: { accessKeyId: 'AKIABENCHBENCHBENCH0', secretAccessKey: 'x'.repeat(40) },
    requestHandler: new NodeHttpHandler({ httpAgent: { keepAlive: true, maxSockets: options.concurrency } }),
  });
  let next = 0;
  const worker = async () => {
    while (next < options.count) {
      const start = next;
      next += CALL_RECORDS;
      const size = Math.min(CALL_RECORDS, options.count - start);
      let records: PutRecordsRequestEntry[] = Array.from({ length: size }, (_, index) => ({
        Data: options.payload,
        PartitionKey: `profile-${start + index}`,
      }));
      while (records.length > 0) {
        const answer = await client.send(new PutRecordsCommand({ StreamName: options.stream, Records: records }));
        const results = answer.Records ?? [];
        records = records.filter((_, index) => results[index]?.SequenceNumber === undefined);
      }
    }
  };
  await Promise.all(Array.from({ length: options.concurrency }, worker));
  client.destroy();
}
