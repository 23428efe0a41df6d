/** The newest test of a destination, and its stream as AWS last described it. */

import { z } from 'zod';
import type { DestinationTest } from '../domain/destination-check.js';
import type { KinesisStream } from '../domain/kinesis-stream.js';
import type { Db } from './database.js';

/** `destination.stream_details`. */
export const StreamDetails: z.ZodType<KinesisStream> = z.object({
  arn: z.string(),
  name: z.string(),
  state: z.enum(['ACTIVE', 'CREATING', 'DELETING', 'UPDATING']).nullable(),
  mode: z.enum(['ON_DEMAND', 'PROVISIONED']).nullable(),
  openShardCount: z.number().nullable(),
  kmsKeyId: z.string().nullable(),
  maxRecordBytes: z.number().nullable(),
  ignoresPartitionKeys: z.boolean(),
});

/** `destination.last_test`. */
export const LastTest: z.ZodType<DestinationTest> = z.object({
  testedAt: z.coerce.date(),
  passed: z.boolean(),
  awsIdentity: z.string().nullable(),
  stream: StreamDetails.nullable(),
  checks: z.array(
    z.object({
      subject: z.enum(['IDENTITY', 'STREAM', 'ENCRYPTION', 'PERMISSION']),
      permission: z.string().nullable(),
      status: z.enum(['PASSED', 'WARNING', 'FAILED', 'UNKNOWN']),
      code: z.string().nullable(),
      message: z.string(),
      awsRequestId: z.string().nullable(),
      policyStatement: z.record(z.string(), z.unknown()).nullable(),
    }),
  ),
});

/**
 * Keeps a test of a destination at a version of its settings. The stream's description stays if the test found none.
 * @returns false if the destination has other settings by now, or is gone.
 */
export async function writeDestinationTest(
  tx: Db,
  of: { id: number; version: number },
  result: DestinationTest,
): Promise<boolean> {
  const row = await tx
    .updateTable('destination')
    .set({
      last_test: JSON.stringify(result),
      ...(result.stream !== null && { stream_details: JSON.stringify(result.stream) }),
    })
    .where('id', '=', of.id)
    .where('version', '=', of.version)
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}
