/** What the demo tells at its end. Pure. */

import { z } from 'zod';
import type { ShardCount, StreamRecord } from './demo-stream.js';
import type { EventSums } from './follow-deliveries.js';
import { formatCount } from './progress.js';
import type { ExportNumbers } from './watch-export.js';

/** What the three books say: the export's, the subscription's and the stream's. */
export interface DemoOutcome {
  /** Profiles that were loaded. */
  readonly loaded: number;
  readonly finished: ExportNumbers;
  readonly events: EventSums;
  readonly shards: readonly ShardCount[];
  readonly firstRecord: StreamRecord | null;
}

const recordForm = z.record(z.string(), z.unknown());

/** The numbers, and the first record as it stands in the stream. */
export function describeOutcome({ finished, shards, firstRecord }: DemoOutcome): string[] {
  const row = (label: string, value: string) => `  ${label.padEnd(11)}${value}`;
  const count = (label: string, value: number | string) => row(label, formatCount(Number(value)).padStart(11));
  const { latency } = finished;
  return [
    count('received', finished.received),
    count('delivered', finished.delivered),
    count('failed', finished.failed),
    count('skipped', finished.skipped),
    count('records/s', finished.recordsPerSecond),
    ...(latency ? [row('latency', `  p50 ${formatMs(latency.p50Ms)}, p99 ${formatMs(latency.p99Ms)}`)] : []),
    ...shards.map(({ shardId, records }, index) =>
      row(index === 0 ? 'shards' : '', `${formatCount(records).padStart(11)}  ${shardId}`),
    ),
    '',
    ...describeRecord(firstRecord),
  ];
}

/** Where the books disagree: one sentence each; empty if all is well. */
export function findDisagreements({ loaded, finished, events, shards }: DemoOutcome): string[] {
  const [received, delivered] = [Number(finished.received), Number(finished.delivered)];
  const inStream = shards.reduce((sum, { records }) => sum + records, 0);
  const faults: string[] = [];
  if (finished.state !== 'SUCCEEDED') faults.push(`The export ended as ${finished.state}, not SUCCEEDED.`);
  if (received < loaded) faults.push(`${loaded} profiles were loaded, but the export received ${received}.`);
  if (delivered !== received) faults.push(`The export received ${received}, but delivered ${delivered}.`);
  if (events.delivered !== delivered) {
    faults.push(`The events say that ${events.delivered} were delivered, the export says ${delivered}.`);
  }
  // What may have arrived twice is counted by the export; everything else stands in the stream once.
  const most = delivered + Number(finished.possibleDuplicates);
  if (inStream < delivered || inStream > most) {
    faults.push(`The stream took ${inStream} records, but the export delivered ${delivered}.`);
  }
  return faults;
}

function describeRecord(record: StreamRecord | null): string[] {
  if (!record) return ['The stream holds no record.'];
  return [
    'The first record as it stands in the stream',
    `  ${record.shardId}, sequence number ${record.sequenceNumber}`,
    `  partition key ${record.partitionKey}`,
    ...layOut(record.data).map((line) => `  ${line}`),
  ];
}

/** JSON with one line for each of its fields: the whole of it in a screen. */
function layOut(text: string): string[] {
  const record = recordForm.safeParse(parseJson(text));
  if (!record.success) return [text];
  const fields = Object.entries(record.data).map(
    ([name, value]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)}`,
  );
  return ['{', ...fields.map((field, index) => (index < fields.length - 1 ? `${field},` : field)), '}'];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function formatMs(ms: number): string {
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${formatCount(ms)} ms`;
}
