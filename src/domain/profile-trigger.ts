/** What written profiles trigger: decided and put down in the writer's transaction, after every lock was taken. */

import type { Db } from '../storage/database.js';
import { putTriggeredRecords, type TriggeredRecord } from '../storage/pending-records.js';
import { updateProfiles } from '../storage/profile-writes.js';
import { listTriggerRules } from '../storage/trigger-rules.js';
import { toCauseKey } from './delivery-cause.js';
import { type LanePlace, toLaneKey } from './lane.js';
import type { Profile } from './profile.js';
import type { ProfileWriteRequest, Settled } from './profile-write.js';
import { findCauses, type TriggerRules } from './trigger.js';

/** The groups as they are after their triggers, and the lanes that have something to deliver. */
export interface Triggering {
  settled: Settled[];
  triggered: LanePlace[];
}

/**
 * Lets a record wait for each profile and activation that the changes trigger. A profile that was written with equal
 * values only, and triggers under EXPORT_ALWAYS, gets a new revision: each record of a profile has a higher one.
 */
export async function triggerRecords(
  tx: Db,
  request: ProfileWriteRequest,
  settled: readonly Settled[],
): Promise<Triggering> {
  if (!settled.some(mayTrigger)) return { settled: [...settled], triggered: [] };
  const rules = await listTriggerRules(tx, request.workspaceId);
  if (rules.length === 0) return { settled: [...settled], triggered: [] };
  const records = settled.flatMap((one) => recordsOf(one, rules, request.now));
  await putTriggeredRecords(tx, records);
  const touched = await touchUnwritten(tx, request.workspaceId, { settled, records });
  return { settled: touched, triggered: placesOf(records) };
}

/** Something was written to a profile, be it what stood there before. */
function mayTrigger({ profile, write, written }: Settled): boolean {
  return profile !== null && (write !== null || written.length > 0);
}

function recordsOf(settled: Settled, rules: readonly TriggerRules[], now: Date): TriggeredRecord[] {
  const { profile, write, written } = settled;
  if (!profile || !mayTrigger(settled)) return [];
  const change = { before: write ? write.before : profile, after: profile, written };
  return rules.flatMap((rule) => {
    const causes = findCauses(change, rule, now).map(toCauseKey);
    if (causes.length === 0) return [];
    const { activationId, destinationId } = rule;
    return [{ lane: profile.lane, activationId, destinationId, profileKey: profile.id, causes }];
  });
}

function placesOf(records: readonly TriggeredRecord[]): LanePlace[] {
  const places = records.map(({ destinationId, lane }) => ({ destinationId, lane }));
  return [...new Map(places.map((place) => [toLaneKey(place), place])).values()];
}

async function touchUnwritten(
  tx: Db,
  workspaceId: number,
  found: { settled: readonly Settled[]; records: readonly TriggeredRecord[] },
): Promise<Settled[]> {
  const triggering = new Set(found.records.map((record) => record.profileKey));
  const touched = found.settled.flatMap(({ profile, write }) =>
    profile && !write && triggering.has(profile.id) ? [profile] : [],
  );
  if (touched.length === 0) return [...found.settled];
  const rows = await updateProfiles(tx, workspaceId, touched);
  const byProfileId = new Map(rows.map((row) => [row.profileId, row]));
  return found.settled.map((one) => ({ ...one, profile: one.profile && refresh(one.profile, byProfileId) }));
}

function refresh(profile: Profile, rows: ReadonlyMap<string, Pick<Profile, 'revision' | 'updatedAt'>>): Profile {
  const row = rows.get(profile.profileId);
  return row ? { ...profile, revision: row.revision, updatedAt: row.updatedAt } : profile;
}
