/** Flat maps of counters, as export_lane.counts keeps them. */

/** Counts by name; absent means 0. */
export type CounterMap = Record<string, number>;

/** Adds to a counter; adding 0 leaves no trace. */
export function addCount(counters: CounterMap, name: string, count: number): void {
  if (count !== 0) counters[name] = (counters[name] ?? 0) + count;
}
