/** What a page needs of its destination and activations, read in the page's own snapshot: never from a cache. */

import { type RawBuilder, sql } from 'kysely';
import { z } from 'zod';
import type { MappedSegment } from '../domain/record.js';
import type { Segment } from '../domain/segment.js';
import { numberArray } from './array-literal.js';
import type { Db } from './database.js';
import { plannedOnce } from './prepared.js';
import { type RowSettings, SETTINGS_COLUMNS, toRowSettings } from './record-settings.js';
import { IDENTITY_COLUMNS, IdentityRow, type StoredIdentity } from './stored-identity.js';

/** A destination with what it authenticates with; the secret is still sealed. */
export interface DeliveryTarget extends RowSettings {
  destinationId: number;
  workspaceId: number;
  version: number;
  enabled: boolean;
  region: string;
  stream: string;
  healthStatus: string;
  healthSince: Date;
  /** Most bytes of data and partition key that the stream takes; null if AWS never told. */
  maxRecordBytes: number | null;
  /** `version` counts its changes, `secretVersion` says which secret it is. */
  credential: { id: number; version: number; secretVersion: number; identity: StoredIdentity };
}

/** An activation with its segments. */
export interface ActivationTarget {
  id: number;
  version: number;
  attributes: string[];
  paused: boolean;
  /** Causes with this version or a lower one were discarded. */
  discardedUntil: number;
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
    health_since: z.coerce.date(),
    max_record_bytes: z.number().nullable(),
    ...SETTINGS_COLUMNS,
    credential_id: z.number(),
    credential_version: z.number(),
    secret_version: z.number(),
    identity: IdentityRow,
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
      healthSince: row.health_since,
      maxRecordBytes: row.max_record_bytes,
      ...toRowSettings(row),
      credential: {
        id: row.credential_id,
        version: row.credential_version,
        secretVersion: row.secret_version,
        identity: row.identity,
      },
    }),
  );

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
    discardedUntil: z.number(),
    mapped: z.array(MappedRow),
  })
  .transform(
    (row): ActivationTarget => ({
      id: row.id,
      version: row.version,
      attributes: row.attributes,
      paused: row.state === 'PAUSED',
      discardedUntil: row.discardedUntil,
      mapped: row.mapped,
    }),
  );

const ExportRow = z.object({ id: z.number(), trigger: z.string(), segmentIds: z.array(z.number()) });

const ContextRow = z.object({
  page_now: z.coerce.date(),
  activations: z.array(ActivationRow),
  exports: z.array(ExportRow),
});

/** The trigger and segments of an export. */
export type ExportFact = z.infer<typeof ExportRow>;

/** What a page needs besides profiles. Activations that were deleted are missing from the map. */
export interface PageContext {
  /** When the page is read, by the database's clock. */
  now: Date;
  target: DeliveryTarget;
  activations: Map<number, ActivationTarget>;
  /** By id, as decimal text. */
  exports: Map<string, ExportFact>;
}

/** Which context is wanted: a destination's, with these activations and exports. */
export interface WantedContext {
  destinationId: number;
  activationIds: readonly number[];
  exportIds: readonly number[];
}

/** As {@link WantedContext}, told in SQL: each list of ids is one value, an array of bigint. */
export interface WantedContextSql {
  destinationId: number;
  activationIds: RawBuilder<unknown>;
  exportIds: RawBuilder<unknown>;
}

/** Ids that are known, as SQL. */
export function givenContext({ destinationId, activationIds, exportIds }: WantedContext): WantedContextSql {
  const given = (ids: readonly number[]) => plannedOnce(numberArray(ids), 'bigint[]');
  return { destinationId, activationIds: given(activationIds), exportIds: given(exportIds) };
}

/** Reads a destination with activations and exports, in one statement; null if it was deleted. */
export async function findPageContext(db: Db, wanted: WantedContext): Promise<PageContext | null> {
  const { rows } = await sql<{ context: string }>`/* delivery_target.find (prepared) */
    ${selectPageContext(givenContext(wanted))}`.execute(db);
  return rows[0] ? parsePageContext(rows[0].context) : null;
}

/** A query of one column, `context`: a JSON text for {@link parsePageContext}; no row if the destination was deleted. */
export function selectPageContext({ destinationId, activationIds, exportIds }: WantedContextSql): RawBuilder<unknown> {
  return sql`
    select to_json(target)::text as context
    from (
      select now() as page_now, destination.id, destination.workspace_id, destination.version, destination.enabled,
        destination.region, destination.stream, destination.health_status, destination.health_since,
        destination.max_record_bytes, destination.consent_path, destination.consent_values, destination.consent_refusal,
        destination.include_segment_names, destination.include_segment_timestamps, destination.membership_scope,
        destination.membership_statuses, destination.partition_key_strategy, destination.partition_key_argument,
        destination.too_large_policy, destination.envelope, destination.max_records_per_second,
        destination.credential_id, credential.version as credential_version, credential.secret_version, ${IDENTITY_COLUMNS},
        (
          select coalesce(jsonb_agg(jsonb_build_object(
            'id', activation.id, 'version', activation.version, 'attributes', activation.attributes,
            'state', activation.state, 'discardedUntil', activation.discarded_until, 'mapped', ${mappedSegments}
          )), '[]')
          from activation where activation.id = any(${activationIds}::bigint[])
        ) as activations,
        (
          select coalesce(jsonb_agg(jsonb_build_object(
            'id', export.id, 'trigger', export.trigger, 'segmentIds', export.segment_ids
          )), '[]')
          from export where export.id = any(${exportIds}::bigint[])
        ) as exports
      from destination
      join credential on credential.id = destination.credential_id
      join workspace on workspace.id = destination.workspace_id
      where destination.id = ${destinationId}
    ) as target`;
}

/** Reads the text of a context. */
export function parsePageContext(text: string): PageContext {
  const row: object = JSON.parse(text);
  const { page_now: now, activations, exports } = ContextRow.parse(row);
  return {
    now,
    target: TargetRow.parse({ ...row, identity: row }),
    activations: new Map(activations.map((activation) => [activation.id, activation])),
    exports: new Map(exports.map((fact) => [String(fact.id), fact])),
  };
}

/** The segments of `activation`, in the order of the mapping. */
const mappedSegments = sql`(
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', segment.id, 'segmentId', segment.segment_id, 'namespace', segment.namespace, 'name', segment.name,
    'description', segment.description, 'version', segment.version,
    'createdAt', segment.created_at, 'updatedAt', segment.updated_at,
    'mappingCreatedAt', mapped.mapping_created_at, 'mappingUpdatedAt', mapped.mapping_updated_at
  ) order by mapped.ordinal), '[]')
  from activation_segment mapped
  join segment on segment.id = mapped.segment_id
  where mapped.activation_id = activation.id
)`;

const SegmentNameRow = z.object({ id: z.number(), segment_id: z.string(), namespace: z.string() }).transform(
  (row): Pick<Segment, 'id' | 'segmentId' | 'namespace'> => ({
    id: row.id,
    segmentId: row.segment_id,
    namespace: row.namespace,
  }),
);

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
