/**
 * `produce`: the producer alone, 500 records of 1 kB a call, against the SDK loop: same payload, same sink in a process of
 * its own, same number of calls at once, paired rounds that take turns in going first. Both know of every record what
 * became of it, or the round fails.
 */

import { createKinesisClient } from '../src/kinesis/client.js';
import { fixedKeys } from '../src/kinesis/keys.js';
import { createProducer } from '../src/kinesis/producer.js';
import { efficiency, type Measurement, measure, median, startSink, throughput } from './harness.js';
import { runSdkLoop } from './sdk-loop.js';

const STREAM = 'bench';
const CALL_RECORDS = 500;
const CONCURRENCY = 8;
const PAYLOAD = Buffer.alloc(1_024, 'x');

/** Runs the benchmark and returns its figures; `profiles` is how many records each side sends in a round. */
export async function benchProduce(options: { profiles: number; rounds: number }): Promise<Record<string, unknown>> {
  await using sink = await startSink([STREAM]);
  const sides = {
    ours: () => runProducer(sink.endpoint, options.profiles),
    sdk: () =>
      runSdkLoop({
        endpoint: sink.endpoint,
        stream: STREAM,
        count: options.profiles,
        payload: PAYLOAD,
        concurrency: CONCURRENCY,
      }),
  };
  const found: Record<keyof typeof sides, Measurement[]> = { ours: [], sdk: [] };
  for (let round = 0; round <= options.rounds; round += 1)
    for (const side of round % 2 === 0 ? (['ours', 'sdk'] as const) : (['sdk', 'ours'] as const)) {
      const run = await measure(options.profiles, sides[side]);
      // The first round warms both up.
      if (round > 0) found[side].push(run);
    }
  return report(options, found);
}

async function runProducer(endpoint: string, count: number): Promise<void> {
  using client = createKinesisClient({
    region: 'us-east-1',
    endpoint,
    keys: fixedKeys({ accessKeyId: 'AKIABENCHBENCHBENCH0', secretAccessKey: 'x'.repeat(40) }),
  });
  const producer = createProducer({ putRecords: client.putRecords, stream: STREAM });
  const { signal } = new AbortController();
  let next = 0;
  let delivered = 0;
  const worker = async () => {
    while (next < count) {
      const start = next;
      next += CALL_RECORDS;
      const records = Array.from({ length: Math.min(CALL_RECORDS, count - start) }, (_, index) => ({
        data: PAYLOAD,
        partitionKey: `profile-${start + index}`,
      }));
      for (const result of await producer.produce(records, signal))
        if (result.status === 'delivered' && result.sequenceNumber !== '') delivered += 1;
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  if (delivered !== count) throw new Error(`${delivered} of ${count} records were delivered.`);
}

function report(
  options: { profiles: number; rounds: number },
  { ours, sdk }: { ours: Measurement[]; sdk: Measurement[] },
): Record<string, unknown> {
  const ratios = (value: (run: Measurement) => number) =>
    median(ours.map((run, round) => value(run) / value(sdk[round] ?? run)));
  return {
    bench: 'produce',
    records: options.profiles,
    rounds: options.rounds,
    recordBytes: PAYLOAD.length,
    ratioRecordsPerCpuSecond: ratios(efficiency).toFixed(2),
    ratioRecordsPerSecond: ratios(throughput).toFixed(2),
    ourCpuMicrosPerRecord: (1e6 / median(ours.map(efficiency))).toFixed(2),
    sdkCpuMicrosPerRecord: (1e6 / median(sdk.map(efficiency))).toFixed(2),
    ourRecordsPerSecond: Math.round(median(ours.map(throughput))),
    sdkRecordsPerSecond: Math.round(median(sdk.map(throughput))),
  };
}
