/** Settings of an activation as a draft, and changes to them as an input. Pure. */

import { type ActivationDraft, emptyDraft, toBackfill, toSchedule } from '../activate/activation-draft.js';
import type { ActivationRowFragment, UpdateActivationInput } from '../generated/graphql.js';
import { toWords } from '../ui/words.js';

/** Settings as they are stored, with the version to hand back. */
export type StoredActivation = Pick<
  ActivationRowFragment,
  'id' | 'version' | 'attributes' | 'changeDetection' | 'schedule' | 'segments'
>;

/** What changes. */
export type ActivationChanges = Omit<UpdateActivationInput, 'id' | 'expectedVersion' | 'sendExits'>;

/** A draft that shows an activation as it is. @param timeZone for a schedule, if it has none. */
export function draftOf(stored: StoredActivation, timeZone: string): ActivationDraft {
  const { attributes, changeDetection, schedule } = stored;
  return {
    ...emptyDraft(schedule?.timeZone ?? timeZone),
    segmentIds: segmentIdsOf(stored),
    attributes,
    changeDetection,
    ...(schedule && { cron: schedule.cron, scheduleMode: schedule.mode }),
  };
}

/** What a draft changes; empty if nothing. The order of segments and attributes means nothing. */
export function toChanges(stored: StoredActivation, draft: ActivationDraft): ActivationChanges {
  const before = draftOf(stored, draft.timeZone);
  const schedule = toSchedule(draft);
  return {
    ...(!isSameSet(before.segmentIds, draft.segmentIds) && {
      segmentIds: [...draft.segmentIds],
      backfill: toBackfill(draft),
    }),
    ...(!isSameSet(before.attributes, draft.attributes) && { attributes: [...draft.attributes] }),
    ...(before.changeDetection !== draft.changeDetection && { changeDetection: draft.changeDetection }),
    ...(JSON.stringify(toSchedule(before)) !== JSON.stringify(schedule) && { schedule }),
  };
}

/** Segment ids of a draft that are not mapped yet. */
export function findAdded(stored: StoredActivation, { segmentIds }: Pick<ActivationDraft, 'segmentIds'>): string[] {
  const mapped = segmentIdsOf(stored);
  return segmentIds.filter((segmentId) => !mapped.includes(segmentId));
}

/** Names of mapped segments that a draft leaves out. */
export function findRemoved(stored: StoredActivation, { segmentIds }: Pick<ActivationDraft, 'segmentIds'>): string[] {
  return stored.segments
    .filter(({ segment }) => !segmentIds.includes(segment.segmentId))
    .map(({ segment }) => segment.name);
}

/** A draft beside what is stored, field by field and as text. */
export function compareStates(
  draft: ActivationDraft,
  theirs: StoredActivation,
): { label: string; mine: string; theirs: string }[] {
  const stored = draftOf(theirs, draft.timeZone);
  return [
    { label: 'Segments', mine: toList(draft.segmentIds), theirs: toList(stored.segmentIds) },
    { label: 'Attributes', mine: toList(draft.attributes), theirs: toList(stored.attributes) },
    { label: 'Deliver changes', mine: toWords(draft.changeDetection), theirs: toWords(stored.changeDetection) },
    { label: 'Export by itself', mine: describeSchedule(draft), theirs: describeSchedule(stored) },
  ];
}

/** When an activation exports by itself, in words; empty: never. */
export function describeSchedule(draft: Pick<ActivationDraft, 'cron' | 'scheduleMode' | 'timeZone'>): string {
  if (!draft.cron.trim()) return '';
  const whom = draft.scheduleMode === 'FULL' ? 'all present members' : 'those who changed';
  return `${draft.cron.trim()} (${draft.timeZone}), ${whom}`;
}

function segmentIdsOf({ segments }: StoredActivation): string[] {
  return segments.map(({ segment }) => segment.segmentId);
}

function isSameSet(left: readonly string[], right: readonly string[]): boolean {
  return JSON.stringify([...left].sort()) === JSON.stringify([...right].sort());
}

function toList(texts: readonly string[]): string {
  return [...texts].sort().join(', ');
}
