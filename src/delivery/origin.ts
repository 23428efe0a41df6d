/** Why a record is built, from the reasons that ask for it. */

import type { DeliveryOrigin } from '../domain/delivery.js';
import type { Candidate } from '../storage/page-source.js';
import type { ExportFacts } from './page.js';

const ORIGINS: ReadonlySet<string> = new Set(['BACKFILL', 'EXITS', 'MANUAL', 'REPLAY', 'RETRY', 'SCHEDULED']);

/** LIVE if a change is among the reasons, else the trigger of the oldest export that asks for it. */
export function originOf(candidate: Candidate, exports: ExportFacts): DeliveryOrigin {
  if (candidate.pending?.hasCauses) return 'LIVE';
  const [oldest] = Object.keys(candidate.exports).sort((a, b) => Number(a) - Number(b));
  const trigger = exports.get(oldest ?? '')?.trigger;
  return isExportOrigin(trigger) ? trigger : 'LIVE';
}

function isExportOrigin(trigger: string | undefined): trigger is Exclude<DeliveryOrigin, 'LIVE'> {
  return trigger !== undefined && ORIGINS.has(trigger);
}
