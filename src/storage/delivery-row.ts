/** How a delivery comes out of its event: the SQL that takes an event apart, and the model of one record. */

import { sql } from 'kysely';
import { z } from 'zod';
import type { Delivery } from '../domain/delivery.js';

/** An event's records as rows; arrays that are null give null columns. `place` counts from 1. */
export const eventRecords = sql`rows from (
    unnest(event.profile_ids), unnest(event.revisions), string_to_table(event.outcomes, null),
    unnest(event.record_codes), unnest(event.shard_numbers), unnest(event.sequence_numbers),
    unnest(event.record_attempts), unnest(event.record_bytes), unnest(event.record_duplicates),
    unnest(event.latencies_ms)
  ) with ordinality as record(
    profile_key, revision, outcome, code, shard_number, sequence_number, attempts, size_bytes, possible_duplicate,
    latency_ms, place
  )`;

/** The columns that {@link DeliveryRow} parses, of `event` and its `record`. */
export const deliveryColumns = sql`
  event.id as event_id, event.committed_at, event.destination_id, event.activation_id, event.activation_version,
  event.destination_version, event.origin, event.export_ids, record.place - 1 as ordinal, record.profile_key,
  record.revision, record.outcome, record.code, event.shards[record.shard_number] as shard_id,
  record.sequence_number, record.attempts, record.size_bytes, record.possible_duplicate, record.latency_ms,
  event.record_causes -> (record.place - 1)::int as causes,
  (
    select profile.profile_id from profile where profile.lane = event.lane and profile.id = record.profile_key
  ) as profile_id`;

/** Model of one delivery. */
export const DeliveryRow = z
  .object({
    event_id: z.number(),
    committed_at: z.date(),
    destination_id: z.number(),
    activation_id: z.number(),
    activation_version: z.number(),
    destination_version: z.number(),
    origin: z.enum(['BACKFILL', 'EXITS', 'LIVE', 'MANUAL', 'REPLAY', 'RETRY', 'SCHEDULED']),
    export_ids: z.array(z.number()),
    ordinal: z.number(),
    profile_key: z.number(),
    profile_id: z.string().nullable(),
    revision: z.number(),
    outcome: z.enum(['D', 'F', 'S']).transform((letter) => OUTCOMES[letter]),
    // Empty for a delivered record beside others.
    code: z.string().nullable(),
    shard_id: z.string().nullable(),
    sequence_number: z.string(),
    attempts: z.number(),
    size_bytes: z.number(),
    possible_duplicate: z.boolean().nullable(),
    latency_ms: z.number(),
    causes: z.array(z.string()).nullable(),
  })
  .transform(
    (row): Delivery => ({
      eventId: row.event_id,
      ordinal: row.ordinal,
      destinationId: row.destination_id,
      activationId: row.activation_id,
      activationVersion: row.activation_version,
      destinationVersion: row.destination_version,
      exportIds: row.export_ids,
      causes: row.causes ?? [],
      origin: row.origin,
      outcome: row.outcome,
      code: row.code || null,
      profileKey: row.profile_key,
      profileId: row.profile_id,
      sequence: row.revision,
      shardId: row.shard_id,
      sequenceNumber: row.sequence_number || null,
      attempts: row.attempts,
      sizeBytes: row.size_bytes || null,
      latencyMs: row.latency_ms < 0 ? null : row.latency_ms,
      possibleDuplicate: row.possible_duplicate ?? false,
      committedAt: row.committed_at,
    }),
  );

const OUTCOMES = { D: 'DELIVERED', F: 'FAILED', S: 'SKIPPED' } as const;
