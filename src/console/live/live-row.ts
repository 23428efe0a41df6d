/** Rows of the live view: one a record, one a change of an export or of the destination's health. Pure. */

import type { DeliveryFilter, DeliveryOutcome } from '../generated/graphql.js';
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
  /** Null shows all. */
  readonly outcome: DeliveryOutcome | null;
  /** The whole id; empty shows all. */
  readonly profileId: string;
}

/** State of a row that stands for records which are not listed. */
const REMAINDER = 'MORE';

type Committed = Extract<DeliveryUpdate, { __typename: 'DeliveriesCommitted' }>;
type ListedDelivery = Committed['deliveries']['nodes'][number];

/** Whether a filter leaves anything out. */
export function isFiltering({ outcome, profileId }: LiveFilter): boolean {
  return outcome !== null || profileId !== '';
}

/** The filter as the API takes it. */
export function toDeliveryFilter({ outcome, profileId }: LiveFilter): DeliveryFilter {
  return { ...(outcome && { outcomes: [outcome] }), ...(profileId && { profileId }) };
}

/**
 * The rows of one message, oldest first. What is about no record shows only without a filter.
 * @param filter the one that the message was asked for with.
 */
export function toRows(update: DeliveryUpdate, filter: LiveFilter): LiveRow[] {
  if (update.__typename === 'DeliveriesCommitted')
    return [...update.deliveries.nodes.map(toRecordRow), ...toRemainderRow(update, filter)];
  if (isFiltering(filter)) return [];
  if (update.__typename === 'ExportStateChanged')
    return [toRow(update, update.state, `An export is ${toWords(update.state)}.`)];
  if (update.__typename === 'DestinationHealthChanged')
    return [toRow(update, update.health.status, update.health.message ?? 'The destination delivers.')];
  return [];
}

/** How many events a message tells of, whatever the filter: each record of a commit is one. */
export function countEvents(update: DeliveryUpdate): number {
  switch (update.__typename) {
    case 'DeliveriesCommitted':
      return Number(update.delivered) + Number(update.failed) + Number(update.skipped);
    case 'ExportStateChanged':
    case 'DestinationHealthChanged':
      return 1;
    default:
      return 0;
  }
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
function toRemainderRow(update: Committed, filter: LiveFilter): LiveRow[] {
  const remaining = countMatching(update, filter) - update.deliveries.nodes.length;
  if (remaining <= 0) return [];
  const kind = filter.outcome === null ? '' : `${toWords(filter.outcome)} `;
  const row = toRow(update, REMAINDER, `And ${formatCount(remaining)} more ${kind}records at the same moment.`);
  return [{ ...row, events: remaining }];
}

function countMatching(update: Committed, { outcome, profileId }: LiveFilter): number {
  // A commit has a profile once or twice: all of that are listed.
  if (profileId !== '') return update.deliveries.nodes.length;
  if (outcome === null) return countEvents(update);
  return Number({ DELIVERED: update.delivered, FAILED: update.failed, SKIPPED: update.skipped }[outcome]);
}
