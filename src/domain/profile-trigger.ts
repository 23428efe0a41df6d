/** What written profiles trigger. Pure. */

import type { TriggeredRecord } from '../storage/pending-records.js';
import { toCauseKey } from './delivery-cause.js';
import { type LanePlace, toLaneKey } from './lane.js';
import type { Settled } from './profile-write.js';
import { findCauses, type TriggerRules } from './trigger.js';

/** The records that are to wait: one for each profile and activation that the changes trigger. */
export function findTriggered(
  decided: readonly Settled[],
  { rules, now }: { rules: readonly TriggerRules[]; now: Date },
): TriggeredRecord[] {
  return decided.flatMap(({ profile, write, written }) => {
    // Something was written to it, be it what stood there before.
    if (!profile || (!write && written.length === 0)) return [];
    const change = { before: write ? write.before : profile, after: profile, written };
    return rules.flatMap((rule) => {
      const causes = findCauses(change, rule, now).map(toCauseKey);
      if (causes.length === 0) return [];
      const { activationId, destinationId } = rule;
      return [{ lane: profile.lane, activationId, destinationId, profileKey: profile.id, causes }];
    });
  });
}

/** The lanes that have something to deliver, each once. */
export function placesOf(records: readonly TriggeredRecord[]): LanePlace[] {
  const places = records.map(({ destinationId, lane }) => ({ destinationId, lane }));
  return [...new Map(places.map((place) => [toLaneKey(place), place])).values()];
}
