/** What a page adds to the statistics: the numbers of its delivery events, and the attempts of one that was held. Pure. */

import { addCount, addRecordDetails, type CounterMap, OUTCOME_COUNTERS } from '../domain/counters.js';
import type { NewDeliveryEvent } from '../domain/delivery.js';
import type { MovedExport } from '../storage/page-commit.js';
import type { AddedCounts } from '../storage/statistics.js';
import type { Page } from './page.js';
import type { Settlement } from './settlement.js';

/**
 * Counts events by activation, in the lane of its first one: those of a commit are all fenced, statistics tell no lanes apart,
 * and a convoy of many lanes writes one row in place of many.
 */
export function countEvents(events: readonly NewDeliveryEvent[]): AddedCounts[] {
  const added = new Map<number, AddedCounts & { counters: CounterMap }>();
  for (const event of events) {
    const { lane, activationId } = event;
    const counts = added.get(activationId) ?? { lane, activationId, counters: {} };
    added.set(activationId, counts);
    countEvent(counts.counters, event);
  }
  return [...added.values()].filter(({ counters }) => Object.keys(counters).length > 0);
}

/** Counts the attempts of a page that was held, for which there is no event; once, as its export counts them. */
export function countHeld(
  { lane, slice }: Pick<Page, 'lane' | 'slice'>,
  settlement: Settlement,
  moved: readonly MovedExport[],
): AddedCounts[] {
  if (!slice || settlement.holdMs === null || moved.length === 0) return [];
  const attempts = settlement.exportDeltas.get(slice.exportId)?.counters['attempts'] ?? 0;
  return attempts > 0 ? [{ lane, activationId: slice.activationId, counters: { attempts } }] : [];
}

function countEvent(counters: CounterMap, event: NewDeliveryEvent): void {
  addCount(counters, 'attempts', event.attempts);
  for (const record of event.records) {
    addCount(counters, OUTCOME_COUNTERS[record.outcome], 1);
    addRecordDetails(counters, record);
  }
}
