/** How long a page keeps its lane from the next one of the same export, by the export's rate. */

import type { Page } from './page.js';

/** The time that the records sent count for, in ms; skips count for nothing. 0 without a rate. */
export function paceMsOf({ slice, entries }: Page): number {
  if (!slice || slice.msPerRecord === 0) return 0;
  return entries.filter((entry) => 'record' in entry.verdict).length * slice.msPerRecord;
}
