/** An activation that is being put together, and the input that it becomes. Pure. */

import type {
  ActivateSegmentsInput,
  BackfillInput,
  BackfillMode,
  ChangeDetection,
  ScheduleInput,
  ScheduleMode,
} from '../generated/graphql.js';

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
  /** IANA zone that the schedule is read in. */
  readonly timeZone: string;
}

/** What each part of a form about a draft gets. */
export interface DraftProps {
  readonly draft: ActivationDraft;
  readonly onChange: (change: Partial<ActivationDraft>) => void;
}

/** What the flow begins with. @param timeZone the reader's own. */
export function emptyDraft(timeZone: string): ActivationDraft {
  return {
    segmentIds: [],
    attributes: [],
    backfillMode: 'ALL',
    since: '',
    maxRecordsPerSecond: null,
    changeDetection: 'EXPORT_IF_CHANGED',
    cron: '',
    scheduleMode: 'FULL',
    timeZone,
  };
}

/** The steps of the flow in the address, in order. */
export const ACTIVATION_STEPS = ['segments', 'attributes', 'options', 'review'];

/** Place of the first step that is not filled; that of the last if all are. */
export function findFirstUnfilled({ segmentIds, backfillMode, since }: ActivationDraft): number {
  if (segmentIds.length === 0) return ACTIVATION_STEPS.indexOf('segments');
  return ACTIVATION_STEPS.indexOf(backfillMode === 'SINCE' && since === '' ? 'options' : 'review');
}

/** The input of `activateSegments`. */
export function toActivationInput(draft: ActivationDraft, destinationId: string): ActivateSegmentsInput {
  const { segmentIds, attributes, changeDetection } = draft;
  const schedule = toSchedule(draft);
  return {
    destinationId,
    segmentIds: [...segmentIds],
    attributes: [...attributes],
    changeDetection,
    backfill: toBackfill(draft),
    ...(schedule && { schedule }),
  };
}

/** Whom a backfill covers, and how fast it goes. */
export function toBackfill({ backfillMode, since, maxRecordsPerSecond }: ActivationDraft): BackfillInput {
  return {
    mode: backfillMode,
    ...(backfillMode === 'SINCE' && since && { since: new Date(since).toISOString() }),
    ...(backfillMode !== 'NONE' && maxRecordsPerSecond !== null && { maxRecordsPerSecond }),
  };
}

/** When it exports by itself; null: never. */
export function toSchedule({ cron, scheduleMode, timeZone }: ActivationDraft): ScheduleInput | null {
  return cron.trim() ? { cron: cron.trim(), mode: scheduleMode, timeZone: timeZone.trim() } : null;
}
