/** An activation that is being put together, and the input that it becomes. Pure. */

import type { ActivateSegmentsInput, BackfillMode, ChangeDetection, ScheduleMode } from '../generated/graphql.js';

/** What was chosen so far. */
export interface ActivationDraft {
  readonly segmentIds: readonly string[];
  readonly attributes: readonly string[];
  readonly backfillMode: BackfillMode;
  /** Local time of a form; used with mode SINCE. */
  readonly since: string;
  /** Null: as fast as the stream takes them. */
  readonly maxRecordsPerSecond: number | null;
  readonly changeDetection: ChangeDetection;
  /** Empty: no exports by themselves. */
  readonly cron: string;
  readonly scheduleMode: ScheduleMode;
}

/** What the flow begins with. */
export const EMPTY_DRAFT: ActivationDraft = {
  segmentIds: [],
  attributes: [],
  backfillMode: 'ALL',
  since: '',
  maxRecordsPerSecond: null,
  changeDetection: 'EXPORT_IF_CHANGED',
  cron: '',
  scheduleMode: 'FULL',
};

/** The input of `activateSegments`. @param timeZone IANA zone that the schedule is read in. */
export function toActivationInput(
  draft: ActivationDraft,
  { destinationId, timeZone }: { destinationId: string; timeZone: string },
): ActivateSegmentsInput {
  const { segmentIds, attributes, backfillMode, since, maxRecordsPerSecond, changeDetection, cron, scheduleMode } =
    draft;
  return {
    destinationId,
    segmentIds: [...segmentIds],
    attributes: [...attributes],
    changeDetection,
    backfill: {
      mode: backfillMode,
      ...(backfillMode === 'SINCE' && since && { since: new Date(since).toISOString() }),
      ...(backfillMode !== 'NONE' && maxRecordsPerSecond !== null && { maxRecordsPerSecond }),
    },
    ...(cron.trim() && { schedule: { cron: cron.trim(), mode: scheduleMode, timeZone } }),
  };
}
