/** Exports: bounded runs over members of an activation. */

/** Why an export was started. */
export type ExportTrigger = 'BACKFILL' | 'EXITS' | 'MANUAL' | 'REPLAY' | 'RETRY' | 'SCHEDULED';

/** How far an export is. */
export type ExportState =
  | 'PREPARING'
  | 'RUNNING'
  | 'CANCELING'
  | 'CANCELED'
  | 'FAILED'
  | 'PARTIALLY_FAILED'
  | 'SUCCEEDED';

/** An export as it is stored; its numbers are read apart, see export-numbers.ts. */
export interface Export {
  id: number;
  workspaceId: number;
  destinationId: number;
  activationId: number;
  trigger: ExportTrigger;
  state: ExportState;
  /** Internal ids and customer's ids of the segments covered, in step; a segment's number in counters is its place, from 0. */
  segmentIds: number[];
  segmentKeys: string[];
  maxRecordsPerSecond: number | null;
  /** Only what changed (REPLAY: was delivered) at this time or later; null if not limited. */
  since: Date | null;
  /** REPLAY: only what was delivered before this time; null otherwise. */
  until: Date | null;
  /** SCHEDULED: due times missed, that it stands for beside its own. */
  missedRuns: number;
  /** Whether it waits because its activation is paused or its destination disabled. */
  paused: boolean;
  createdBy: { kind: 'API_KEY' | 'TOKEN' | 'SYSTEM'; name: string };
  createdAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
}
