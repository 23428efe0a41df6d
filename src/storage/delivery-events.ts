/**
 * Writes delivery events: the outcomes of one page's records as one row of parallel arrays, with its counts. A row a
 * record would cost a 500th of a page's commit each, an index entry and a tuple header of 24 bytes.
 */

import { sql } from 'kysely';
import type { NewDeliveryEvent, SettledRecord } from '../domain/delivery.js';
import type { Db } from './database.js';
import { numberArray } from './number-array.js';

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
 * Puts an event on the books; `tx` is the page's transaction, which also checks the lane's fence.
 * @returns its id and time, by the database's clock.
 */
export async function insertDeliveryEvent(tx: Db, event: NewDeliveryEvent): Promise<{ id: number; committedAt: Date }> {
  const counts = countRecords(event);
  const columns = toColumns(event.records);
  const { rows } = await sql<{ id: number; committedAt: Date }>`/* delivery_events.insert (prepared) */
    insert into delivery_event (
      workspace_id, destination_id, lane, position, activation_id, activation_version, destination_version, origin,
      export_ids, delivered, failed, skipped, deferred, attempts, bytes, possible_duplicates, codes,
      profile_ids, outcomes, revisions, record_codes, record_causes, record_duplicates, shards, shard_numbers,
      sequence_numbers, record_attempts, record_bytes, latencies_ms
    )
    values (
      ${event.workspaceId}, ${event.destinationId}, ${event.lane}, ${event.position}, ${event.activationId},
      ${event.activationVersion}, ${event.destinationVersion}, ${event.origin}, ${numberArray(event.exportIds)},
      ${counts.delivered}, ${counts.failed}, ${counts.skipped}, ${counts.deferred}, ${event.attempts}, ${counts.bytes},
      ${counts.possibleDuplicates}, ${JSON.stringify(counts.codes)}, ${columns.profileIds}, ${columns.outcomes},
      ${columns.revisions}, ${columns.codes}, ${columns.causes}, ${columns.duplicates}, ${columns.shards},
      ${columns.shardNumbers}, ${columns.sequenceNumbers}, ${columns.attempts}, ${columns.bytes}, ${columns.latencies}
    )
    returning id, committed_at as "committedAt"`.execute(tx);
  if (!rows[0]) throw new Error('A delivery event was inserted and gave no id.');
  return rows[0];
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

/** The parallel arrays, one element a record. */
function toColumns(records: readonly SettledRecord[]) {
  const { shards, numbers } = shardDictionary(records);
  const delivered = records.map((record) => (record.outcome === 'DELIVERED' ? record : null));
  const sent = records.map((record) => (record.outcome === 'SKIPPED' ? null : record));
  const codes = records.map((record) => (record.outcome === 'DELIVERED' ? '' : record.code));
  return {
    profileIds: numberArray(records.map((record) => record.profileKey)),
    outcomes: records.map((record) => OUTCOME_LETTERS[record.outcome]).join(''),
    revisions: numberArray(records.map((record) => record.revision)),
    // Nearly every event is all delivered, once: then these two cost nothing.
    codes: codes.some((code) => code !== '') ? codes : null,
    duplicates: delivered.some((record) => record?.possibleDuplicate)
      ? delivered.map((record) => record?.possibleDuplicate ?? false)
      : null,
    causes: causesOf(records),
    shards,
    shardNumbers: numberArray(numbers),
    sequenceNumbers: digitsArray(delivered.map((record) => record?.sequenceNumber ?? '')),
    attempts: numberArray(sent.map((record) => record?.attempts ?? 0)),
    bytes: numberArray(sent.map((record) => record?.sizeBytes ?? 0)),
    latencies: numberArray(delivered.map((record) => record?.latencyMs ?? -1)),
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

/** An array literal of texts that are digits or empty, as Kinesis's sequence numbers are: nothing in them needs an escape. */
function digitsArray(texts: readonly string[]) {
  if (!texts.every((text) => /^\d*$/.test(text))) return [...texts];
  return sql<string[]>`${`{${texts.map((text) => `"${text}"`).join(',')}}`}`;
}
