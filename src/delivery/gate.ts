/** The gate before a call: health lets one probe through at a time, a rate lets pages through by turns. */

import type { Db } from '../storage/database.js';
import { takeProbe } from '../storage/destination-health.js';
import { takeTurn } from '../storage/destination-pace.js';
import type { Page, PageEntry } from './page.js';

/** Whether pages may be sent; `waits` says after how long, in ms, it is worth another try. */
export type Passage = 'open' | 'closed' | { waitsMs: number };

/** What a page of a destination with a rate holds at most, as time: small enough to be even, large enough to be cheap. */
const SLICE_MS = 250;

/** A halted or degraded destination is tried by one call at a time; one with a rate by turns; a disabled one not at all. */
export async function passGate(
  db: Db,
  pages: readonly Page[],
  { probeAfterMs }: { probeAfterMs: number },
): Promise<Passage> {
  const target = pages[0]?.target;
  if (!target) return 'closed';
  const records = countRecords(pages);
  if (records === 0) return 'open';
  if (!target.enabled) return 'closed';
  const { destinationId, healthStatus, maxRecordsPerSecond } = target;
  if (healthStatus === 'HALTED' || healthStatus === 'DEGRADED')
    return (await takeProbe(db, destinationId, probeAfterMs)) ? 'open' : 'closed';
  if (maxRecordsPerSecond === null) return 'open';
  const waitsMs = await takeTurn(db, destinationId, { records, maxRecordsPerSecond });
  return waitsMs === null ? 'open' : { waitsMs };
}

/**
 * Cuts pages to what the destination's rate lets go at one time; what is cut off stays where it is.
 * @param random 0 to 1: which page is first, so that none is always the one that is cut off.
 */
export function cutToRate(pages: readonly Page[], random: number): Page[] {
  const rate = pages[0]?.target.maxRecordsPerSecond ?? null;
  if (rate === null) return [...pages];
  let left = Math.max(1, Math.floor((rate * SLICE_MS) / 1_000));
  const first = Math.floor(random * pages.length);
  const cut = [...pages.slice(first), ...pages.slice(0, first)].map((page) => {
    const end = page.entries.findIndex((entry) => isRecord(entry) && --left < 0);
    return end === -1 ? page : { ...page, entries: page.entries.slice(0, end) };
  });
  return cut.filter((page) => page.entries.length > 0);
}

function countRecords(pages: readonly Page[]): number {
  return pages.reduce((count, { entries }) => count + entries.filter(isRecord).length, 0);
}

function isRecord({ verdict }: PageEntry): boolean {
  return 'record' in verdict;
}
