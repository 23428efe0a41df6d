/** The newest test of a destination. */

import { z } from 'zod';
import type { DestinationTest } from '../domain/destination-check.js';
import type { Db } from './database.js';
import { StreamDetails } from './stream-details.js';

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
      ...(result.stream !== null && {
        stream_details: JSON.stringify(result.stream),
        max_record_bytes: result.stream.maxRecordBytes,
      }),
    })
    .where('id', '=', of.id)
    .where('version', '=', of.version)
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}
