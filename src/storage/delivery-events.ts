/**
 * Writes delivery events: the outcomes of one page's records as one row of parallel arrays, with its counts. A row a
 * record would cost a 500th of a page's commit each, an index entry and a tuple header of 24 bytes.
 */

import { sql } from 'kysely';
import type { NewDeliveryEvent, SettledRecord } from '../domain/delivery.js';
import { arrayLiteral, textArrayLiteral } from './array-literal.js';
import type { Db } from './database.js';

/** Letters of outcomes in `delivery_event.outcomes`. */
export const OUTCOME_LETTERS = { DELIVERED: 'D', FAILED: 'F', SKIPPED: 'S' } as const;

/** The counts of an event, as they stand on the books. */
export interface DeliveryEventCounts {
  delivered: number;
  failed: number;
  skipped: number;
  deferred: number;
  /** Delivered bytes. */
  bytes: number;
  possibleDuplicates: number;
  /** Failures, skips and deferrals by code. */
  codes: Record<string, number>;
}

/**
 * Puts events on the books, in one statement; `tx` is the transaction of their pages, which also checks the fences. Their time
 * is that at which it began, as in the statistics: a minute of those has what its deliveries list.
 */
export async function insertDeliveryEvents(tx: Db, events: readonly NewDeliveryEvent[]): Promise<void> {
  if (events.length === 0) return;
  const rows = events.map(toRow);
  const column = (name: keyof EventRow) => rows.map((row) => row[name]);
  await sql`/* delivery_events.insert (prepared) */
    insert into delivery_event (
      workspace_id, destination_id, lane, position, activation_id, activation_version, destination_version, origin,
      export_ids, delivered, failed, skipped, deferred, attempts, bytes, possible_duplicates, codes,
      profile_ids, outcomes, revisions, record_codes, record_causes, record_duplicates, shards, shard_numbers,
      sequence_numbers, record_attempts, record_bytes, latencies_ms
    )
    select workspace_id, destination_id, lane, position, activation_id, activation_version, destination_version, origin,
      export_ids::bigint[], delivered, failed, skipped, deferred, attempts, bytes, possible_duplicates, codes,
      profile_ids::bigint[], outcomes, revisions::bigint[], record_codes::text[], record_causes,
      record_duplicates::boolean[], shards::text[], shard_numbers::smallint[], sequence_numbers::text[],
      record_attempts::smallint[], record_bytes::int[], latencies_ms::real[]
    from unnest(
      ${column('workspaceId')}::bigint[], ${column('destinationId')}::bigint[], ${column('lane')}::smallint[],
      ${column('position')}::bigint[], ${column('activationId')}::bigint[], ${column('activationVersion')}::bigint[],
      ${column('destinationVersion')}::bigint[], ${column('origin')}::text[], ${column('exportIds')}::text[],
      ${column('delivered')}::int[], ${column('failed')}::int[], ${column('skipped')}::int[],
      ${column('deferred')}::int[], ${column('attempts')}::int[], ${column('bytes')}::bigint[],
      ${column('possibleDuplicates')}::int[], ${column('codes')}::jsonb[], ${column('profileIds')}::text[],
      ${column('outcomes')}::text[], ${column('revisions')}::text[], ${column('recordCodes')}::text[],
      ${column('recordCauses')}::jsonb[], ${column('recordDuplicates')}::text[], ${column('shards')}::text[],
      ${column('shardNumbers')}::text[], ${column('sequenceNumbers')}::text[], ${column('recordAttempts')}::text[],
      ${column('recordBytes')}::text[], ${column('latencies')}::text[]
    ) as event(
      workspace_id, destination_id, lane, position, activation_id, activation_version, destination_version, origin,
      export_ids, delivered, failed, skipped, deferred, attempts, bytes, possible_duplicates, codes,
      profile_ids, outcomes, revisions, record_codes, record_causes, record_duplicates, shards, shard_numbers,
      sequence_numbers, record_attempts, record_bytes, latencies_ms
    )`.execute(tx);
}

/** Counts an event's records by outcome and code. */
export function countRecords(event: Pick<NewDeliveryEvent, 'records' | 'deferrals'>): DeliveryEventCounts {
  const counts = { delivered: 0, failed: 0, skipped: 0, deferred: 0, bytes: 0, possibleDuplicates: 0 };
  const codes: Record<string, number> = { ...event.deferrals };
  for (const count of Object.values(event.deferrals)) counts.deferred += count;
  for (const record of event.records) {
    if (record.outcome === 'DELIVERED') {
      counts.delivered += 1;
      counts.bytes += record.sizeBytes;
      if (record.possibleDuplicate) counts.possibleDuplicates += 1;
      continue;
    }
    if (record.outcome === 'FAILED') counts.failed += 1;
    else counts.skipped += 1;
    codes[record.code] = (codes[record.code] ?? 0) + 1;
  }
  return { ...counts, codes };
}

/** A row to insert; the arrays, one element a record, are literals: unnest would take arrays of arrays apart. */
type EventRow = ReturnType<typeof toRow>;

function toRow(event: NewDeliveryEvent) {
  const counts = countRecords(event);
  return {
    ...counts,
    ...toColumns(event.records),
    workspaceId: event.workspaceId,
    destinationId: event.destinationId,
    lane: event.lane,
    position: event.position,
    activationId: event.activationId,
    activationVersion: event.activationVersion,
    destinationVersion: event.destinationVersion,
    origin: event.origin,
    exportIds: arrayLiteral(event.exportIds),
    attempts: event.attempts,
    codes: JSON.stringify(counts.codes),
  };
}

function toColumns(records: readonly SettledRecord[]) {
  const { shards, numbers } = shardDictionary(records);
  const delivered = records.map((record) => (record.outcome === 'DELIVERED' ? record : null));
  const sent = records.map((record) => (record.outcome === 'SKIPPED' ? null : record));
  const codes = records.map((record) => (record.outcome === 'DELIVERED' ? '' : record.code));
  return {
    profileIds: arrayLiteral(records.map((record) => record.profileKey)),
    outcomes: records.map((record) => OUTCOME_LETTERS[record.outcome]).join(''),
    revisions: arrayLiteral(records.map((record) => record.revision)),
    // Nearly every event is all delivered, once: then these two cost nothing.
    recordCodes: codes.some((code) => code !== '') ? textArrayLiteral(codes) : null,
    recordDuplicates: delivered.some((record) => record?.possibleDuplicate)
      ? arrayLiteral(delivered.map((record) => record?.possibleDuplicate ?? false))
      : null,
    recordCauses: causesOf(records),
    shards: textArrayLiteral(shards),
    shardNumbers: arrayLiteral(numbers),
    sequenceNumbers: textArrayLiteral(delivered.map((record) => record?.sequenceNumber ?? '')),
    recordAttempts: arrayLiteral(sent.map((record) => record?.attempts ?? 0)),
    recordBytes: arrayLiteral(sent.map((record) => record?.sizeBytes ?? 0)),
    latencies: arrayLiteral(delivered.map((record) => record?.latencyMs ?? -1)),
  };
}

/** Most causes kept of one record; a write can touch a hundred attributes. */
const MAX_CAUSES = 50;

/** Null where no record has any, as in exports. */
function causesOf(records: readonly SettledRecord[]): string | null {
  if (records.every(({ causes }) => causes.length === 0)) return null;
  return JSON.stringify(records.map(({ causes }) => causes.slice(0, MAX_CAUSES)));
}

/** Shard ids once each, and for each record the place of its own, from 1; 0 = none. */
function shardDictionary(records: readonly SettledRecord[]): { shards: string[]; numbers: number[] } {
  const places = new Map<string, number>();
  const numbers = records.map((record) => {
    if (record.outcome !== 'DELIVERED') return 0;
    const place = places.get(record.shardId) ?? places.size + 1;
    places.set(record.shardId, place);
    return place;
  });
  return { shards: [...places.keys()], numbers };
}
