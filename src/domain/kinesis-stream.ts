/** Data streams as AWS describes them. */

import type { StreamSummary } from '../kinesis/client.js';

/** How a stream's capacity is set. */
export type KinesisStreamMode = 'ON_DEMAND' | 'PROVISIONED';

/** State of a stream. */
export type KinesisStreamState = 'ACTIVE' | 'CREATING' | 'DELETING' | 'UPDATING';

/** A stream; null is what was not told, or in words that this version does not know. */
export interface KinesisStream {
  arn: string;
  name: string;
  state: KinesisStreamState | null;
  mode: KinesisStreamMode | null;
  openShardCount: number | null;
  /** Null if it is not encrypted, or nothing was told of it. */
  kmsKeyId: string | null;
  /** The stream's own limit on data and partition key together, in bytes. */
  maxRecordBytes: number | null;
  /** Whether AWS spreads its records as it likes: then partition keys keep no order. */
  ignoresPartitionKeys: boolean;
}

const STATES: readonly KinesisStreamState[] = ['ACTIVE', 'CREATING', 'DELETING', 'UPDATING'];
const MODES: readonly KinesisStreamMode[] = ['ON_DEMAND', 'PROVISIONED'];

/** Reads AWS's words. */
export function toKinesisStream(summary: StreamSummary): KinesisStream {
  const { arn, name, openShardCount, kmsKeyId, maxRecordBytes, ignoresPartitionKeys } = summary;
  const state = STATES.find((known) => known === summary.status) ?? null;
  const mode = MODES.find((known) => known === summary.mode) ?? null;
  return { arn, name, state, mode, openShardCount, kmsKeyId, maxRecordBytes, ignoresPartitionKeys };
}
