/** A destination's health as the engine has it, past the API. */

import type { Db } from '../../src/storage/database.js';

/** Reads the columns of a destination's health. */
export async function readHealth(db: Db, destinationId: number) {
  return await db
    .selectFrom('destination')
    .select([
      'health_status',
      'health_code',
      'health_message',
      'health_aws_request_id',
      'health_since',
      'next_probe_at',
    ])
    .where('id', '=', destinationId)
    .executeTakeFirstOrThrow();
}
