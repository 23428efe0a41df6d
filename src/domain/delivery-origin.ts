/** Why a record is built, from the reasons that ask for it. */

import type { Candidate } from '../storage/page-source.js';
import type { DeliveryOrigin } from './delivery.js';
import type { DeliveryCause } from './delivery-cause.js';
import type { ExportFacts } from './judge.js';

const ORIGINS: ReadonlySet<string> = new Set(['BACKFILL', 'EXITS', 'MANUAL', 'REPLAY', 'RETRY', 'SCHEDULED']);

/** LIVE if a change is among the reasons, else the trigger of the oldest export that asks for it. */
export function originOf(
  causes: readonly DeliveryCause[],
  exports: Candidate['exports'],
  facts: ExportFacts,
): DeliveryOrigin {
  if (causes.length > 0) return 'LIVE';
  let oldest = Number.POSITIVE_INFINITY;
  for (const exportId in exports) oldest = Math.min(oldest, Number(exportId));
  const trigger = facts.get(String(oldest))?.trigger;
  return isExportOrigin(trigger) ? trigger : 'LIVE';
}

function isExportOrigin(trigger: string | undefined): trigger is Exclude<DeliveryOrigin, 'LIVE'> {
  return trigger !== undefined && ORIGINS.has(trigger);
}
