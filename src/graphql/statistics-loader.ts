/** Loads statistics for many at once: those of one kind over one window cost one statement, however many. */

import DataLoader from 'dataloader';
import {
  assembleStatistics,
  type Buckets,
  type Statistics,
  type StatisticsScope,
  type StatisticsWindow,
  WINDOW_BUCKETS,
} from '../domain/statistics.js';
import type { ReadCounts } from '../storage/statistics.js';

/** The loader of one kind and window, by internal id. */
export type StatisticsLoader = (scope: StatisticsScope, window: StatisticsWindow) => DataLoader<number, Statistics>;

/**
 * Makes the loaders of one operation.
 * @param read reads the counts of several ids, of buckets of this kind.
 */
export function createStatisticsLoader(
  read: (ids: readonly number[], buckets: Buckets & { scope: StatisticsScope }) => Promise<ReadCounts>,
): StatisticsLoader {
  const loaders = new Map<string, DataLoader<number, Statistics>>();
  return (scope, window) => {
    const name = `${scope} ${window}`;
    const loader = loaders.get(name) ?? new DataLoader((ids: readonly number[]) => load(ids, scope, window));
    loaders.set(name, loader);
    return loader;
  };

  async function load(ids: readonly number[], scope: StatisticsScope, window: StatisticsWindow): Promise<Statistics[]> {
    const cut = WINDOW_BUCKETS[window];
    const { now, buckets } = await read(ids, { scope, ...cut });
    return ids.map((id) => {
      const counted = buckets.filter((bucket) => bucket.id === id);
      return assembleStatistics(cut, now, counted);
    });
  }
}
