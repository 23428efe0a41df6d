/** The row of a destination: what of it is read, and the model of one. */

import { sql } from 'kysely';
import { z } from 'zod';
import type { Destination } from '../domain/destination.js';
import { LastTest } from './destination-test.js';
import { SETTINGS_COLUMNS, toRowSettings } from './record-settings.js';
import { StreamDetails } from './stream-details.js';

/**
 * The row with its event positions, in one snapshot: a cursor read by a statement of its own would be newer than the
 * row, and a client would miss the change of health between the two.
 */
export const destinationColumns = sql`destination.*, array(
    select lane.position from lane where lane.destination_id = destination.id order by lane.lane
  ) as lane_positions`;

/** A row, read as a {@link Destination}. */
export const DestinationRow = z
  .object({
    id: z.number(),
    workspace_id: z.number(),
    kind: z.literal('AMAZON_KINESIS'),
    name: z.string(),
    description: z.string().nullable(),
    enabled: z.boolean(),
    credential_id: z.number(),
    region: z.string(),
    stream: z.string(),
    ...SETTINGS_COLUMNS,
    version: z.number(),
    health_status: z.enum(['HEALTHY', 'DEGRADED', 'THROTTLED', 'HALTED', 'UNTESTED']),
    health_code: z.string().nullable(),
    health_message: z.string().nullable(),
    health_aws_request_id: z.string().nullable(),
    health_since: z.date(),
    next_probe_at: z.date().nullable(),
    last_test: LastTest.nullable(),
    stream_details: StreamDetails.nullable(),
    position: z.number(),
    lane_positions: z.array(z.number()),
    created_at: z.date(),
    updated_at: z.date(),
  })
  .transform(
    (row): Destination => ({
      id: row.id,
      workspaceId: row.workspace_id,
      kind: row.kind,
      name: row.name,
      description: row.description,
      enabled: row.enabled,
      credentialId: row.credential_id,
      region: row.region,
      stream: row.stream,
      ...toRowSettings(row),
      version: row.version,
      health: {
        status: row.health_status,
        code: row.health_code,
        message: row.health_message,
        awsRequestId: row.health_aws_request_id,
        since: row.health_since,
        nextProbeAt: row.next_probe_at,
      },
      lastTest: row.last_test,
      streamDetails: row.stream_details,
      positions: [...row.lane_positions, row.position],
      createdAt: row.created_at,
      updatedAt: row.updated_at,
    }),
  );
