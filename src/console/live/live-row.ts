/** Rows of the live view: one a record, one a change of an export or of the destination's health. Pure. */

import { capitalize, formatCount, toWords } from '../ui/words.js';
import type { DeliveryUpdate } from './event-follower.js';

/** One row. */
export interface LiveRow {
  readonly key: string;
  /** ISO 8601. */
  readonly at: string;
  /** An outcome, an export's state, or a health status. */
  readonly state: string;
  /** The record's profile; null for rows that are about none. */
  readonly profileId: string | null;
  readonly text: string;
  /** How many events it stands for: 1, or the records of a commit that are not listed. */
  readonly events: number;
}

/** What is shown. */
export interface LiveFilter {
  /** An outcome; null shows all rows. */
  readonly outcome: string | null;
  /** Part of a profile id; empty shows all. */
  readonly profileId: string;
}

/** State of a row that stands for records which are not listed. */
const REMAINDER = 'MORE';

type Committed = Extract<DeliveryUpdate, { __typename: 'DeliveriesCommitted' }>;
type ListedDelivery = Committed['deliveries']['nodes'][number];

/** The rows of one message, oldest first. */
export function toRows(update: DeliveryUpdate): LiveRow[] {
  switch (update.__typename) {
    case 'DeliveriesCommitted':
      return [...update.deliveries.nodes.map(toRecordRow), ...toRemainderRow(update)];
    case 'ExportStateChanged':
      return [toRow(update, update.state, `An export is ${toWords(update.state)}.`)];
    case 'DestinationHealthChanged':
      return [toRow(update, update.health.status, update.health.message ?? 'The destination delivers.')];
    default:
      return [];
  }
}

/** Whether a row is shown. Rows that are about no record show only without a filter. */
export function matches({ state, profileId }: LiveRow, filter: LiveFilter): boolean {
  if (filter.outcome !== null && state !== filter.outcome) return false;
  return filter.profileId === '' || (profileId?.includes(filter.profileId) ?? false);
}

/** Records that a row stands for without listing them: no filter finds them. */
export function countUnlisted({ state, events }: LiveRow): number {
  return state === REMAINDER ? events : 0;
}

function toRow({ cursor, at }: { cursor: string; at: string }, state: string, text: string): LiveRow {
  return { key: cursor, at, state, profileId: null, text, events: 1 };
}

function toRecordRow(delivery: ListedDelivery): LiveRow {
  const { id, committedAt, outcome, profileId } = delivery;
  return { key: id, at: committedAt, state: outcome, profileId, text: describe(delivery), events: 1 };
}

function describe({ outcome, origin, code, shardId, sequenceNumber, reason }: ListedDelivery): string {
  const source = capitalize(toWords(origin));
  if (outcome === 'DELIVERED') return `${source}; ${shardId}, sequence number ${sequenceNumber}`;
  return `${source}; ${code ?? ''}: ${reason?.meaning ?? ''}`;
}

/** A message names its first records; the others are counted. */
function toRemainderRow(update: Committed): LiveRow[] {
  const all = Number(update.delivered) + Number(update.failed) + Number(update.skipped);
  const remaining = all - update.deliveries.nodes.length;
  if (remaining <= 0) return [];
  const row = toRow(update, REMAINDER, `And ${formatCount(remaining)} more records at the same moment.`);
  return [{ ...row, events: remaining }];
}
