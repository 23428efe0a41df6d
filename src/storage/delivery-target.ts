/** What a page needs of its destination and activations, read in the page's own snapshot: never from a cache. */

import { sql } from 'kysely';
import { z } from 'zod';
import type { MappedSegment, RecordSettings } from '../domain/record.js';
import type { Segment } from '../domain/segment.js';
import type { Db } from './database.js';

/** A destination with what it authenticates with; the secret is still sealed. */
export interface DeliveryTarget extends RecordSettings {
  destinationId: number;
  workspaceId: number;
  version: number;
  enabled: boolean;
  region: string;
  stream: string;
  healthStatus: string;
  healthCode: string | null;
  credential: { id: number; accessKeyId: string; sealedSecret: Buffer; secretVersion: number };
}

/** An activation with its segments. */
export interface ActivationTarget {
  id: number;
  version: number;
  attributes: string[];
  paused: boolean;
  mapped: MappedSegment[];
}

const TargetRow = z
  .object({
    id: z.number(),
    workspace_id: z.number(),
    version: z.number(),
    enabled: z.boolean(),
    region: z.string(),
    stream: z.string(),
    health_status: z.string(),
    health_code: z.string().nullable(),
    include_segment_names: z.boolean(),
    include_segment_timestamps: z.boolean(),
    membership_scope: z.enum(['ALL', 'MAPPED_ONLY']),
    membership_statuses: z.enum(['THREE_STATE', 'TWO_STATE']),
    credential_id: z.number(),
    access_key_id: z.string(),
    secret_sealed: z.instanceof(Buffer),
    secret_version: z.number(),
  })
  .transform(
    (row): DeliveryTarget => ({
      destinationId: row.id,
      workspaceId: row.workspace_id,
      version: row.version,
      enabled: row.enabled,
      region: row.region,
      stream: row.stream,
      healthStatus: row.health_status,
      healthCode: row.health_code,
      includeSegmentNames: row.include_segment_names,
      includeSegmentTimestamps: row.include_segment_timestamps,
      membershipScope: row.membership_scope,
      membershipStatuses: row.membership_statuses,
      credential: {
        id: row.credential_id,
        accessKeyId: row.access_key_id,
        sealedSecret: row.secret_sealed,
        secretVersion: row.secret_version,
      },
    }),
  );

/** Reads a destination for delivery; null if it was deleted. */
export async function findDeliveryTarget(db: Db, destinationId: number): Promise<DeliveryTarget | null> {
  const { rows } = await sql`/* delivery_target.find */
    select destination.*, credential.access_key_id, credential.secret_sealed, credential.secret_version
    from destination
    join credential on credential.id = destination.credential_id
    where destination.id = ${destinationId}`.execute(db);
  return rows[0] === undefined ? null : TargetRow.parse(rows[0]);
}

const time = z.coerce.date();
const MappedRow = z.object({
  id: z.number(),
  segmentId: z.string(),
  namespace: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  version: z.number(),
  createdAt: time,
  updatedAt: time,
  mappingCreatedAt: time,
  mappingUpdatedAt: time,
});

const ActivationRow = z
  .object({
    id: z.number(),
    version: z.number(),
    attributes: z.array(z.string()),
    state: z.string(),
    mapped: z.array(MappedRow),
  })
  .transform(
    (row): ActivationTarget => ({
      id: row.id,
      version: row.version,
      attributes: row.attributes,
      paused: row.state === 'PAUSED',
      mapped: row.mapped,
    }),
  );

/** Reads activations with their segments, in the order of the mapping; deleted ones are missing from the map. */
export async function readActivationTargets(
  db: Db,
  activationIds: readonly number[],
): Promise<Map<number, ActivationTarget>> {
  const { rows } = await sql`/* delivery_target.activations */
    select activation.id, activation.version, activation.attributes, activation.state,
      coalesce(jsonb_agg(jsonb_build_object(
        'id', segment.id, 'segmentId', segment.segment_id, 'namespace', segment.namespace, 'name', segment.name,
        'description', segment.description, 'version', segment.version,
        'createdAt', segment.created_at, 'updatedAt', segment.updated_at,
        'mappingCreatedAt', mapped.mapping_created_at, 'mappingUpdatedAt', mapped.mapping_updated_at
      ) order by mapped.ordinal) filter (where segment.id is not null), '[]') as mapped
    from activation
    left join activation_segment mapped on mapped.activation_id = activation.id
    left join segment on segment.id = mapped.segment_id
    where activation.id = any(${[...activationIds]}::bigint[])
    group by activation.id`.execute(db);
  const activations = rows.map((row) => ActivationRow.parse(row));
  return new Map(activations.map((activation) => [activation.id, activation]));
}

const SegmentNameRow = z
  .object({ id: z.number(), segment_id: z.string(), namespace: z.string() })
  .transform((row): Pick<Segment, 'id' | 'segmentId' | 'namespace'> => ({
    id: row.id,
    segmentId: row.segment_id,
    namespace: row.namespace,
  }));

/** Reads the names of segments that still exist, for records of scope ALL. */
export async function readSegmentNames(
  db: Db,
  ids: readonly number[],
): Promise<Pick<Segment, 'id' | 'segmentId' | 'namespace'>[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql`/* delivery_target.segment_names */
    select id, segment_id, namespace from segment where id = any(${[...ids]}::bigint[])`.execute(db);
  return rows.map((row) => SegmentNameRow.parse(row));
}
