/** What a page adds to the statistics: the numbers of its delivery events, and the attempts of one that was held. Pure. */

import { addCount, addRecordDetails, type CounterMap, OUTCOME_COUNTERS } from '../domain/counters.js';
import type { NewDeliveryEvent } from '../domain/delivery.js';
import type { MovedExport } from '../storage/page-commit.js';
import type { AddedCounts } from '../storage/statistics.js';
import type { Page } from './page.js';
import type { Settlement } from './settlement.js';

/** An event that is on the books. */
export interface CommittedEvent {
  event: NewDeliveryEvent;
  committedAt: Date;
}

const MINUTE_MS = 60_000;

/** Counts events by lane, activation and the minute in which they were committed: a bucket has what its deliveries list. */
export function countEvents(committed: readonly CommittedEvent[]): AddedCounts[] {
  const minutes = new Map<string, { lane: number; activationId: number; at: Date; counters: CounterMap }>();
  for (const { event, committedAt } of committed) {
    const { lane, activationId } = event;
    const at = new Date(Math.floor(committedAt.getTime() / MINUTE_MS) * MINUTE_MS);
    const name = `${lane}/${activationId}/${at.getTime()}`;
    const minute = minutes.get(name) ?? { lane, activationId, at, counters: {} };
    minutes.set(name, minute);
    countEvent(minute.counters, event);
  }
  return [...minutes.values()].filter(({ counters }) => Object.keys(counters).length > 0);
}

/** Counts the attempts of a page that was held, for which there is no event; once, as its export counts them. */
export function countHeld(
  { lane, slice }: Pick<Page, 'lane' | 'slice'>,
  settlement: Settlement,
  moved: readonly MovedExport[],
): AddedCounts[] {
  if (!slice || settlement.holdMs === null || moved.length === 0) return [];
  const attempts = settlement.exportDeltas.get(slice.exportId)?.counters['attempts'] ?? 0;
  return attempts > 0 ? [{ lane, activationId: slice.activationId, at: null, counters: { attempts } }] : [];
}

function countEvent(counters: CounterMap, event: NewDeliveryEvent): void {
  addCount(counters, 'attempts', event.attempts);
  for (const record of event.records) {
    addCount(counters, OUTCOME_COUNTERS[record.outcome], 1);
    addRecordDetails(counters, record);
  }
}
