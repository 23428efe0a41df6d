/** What a subscriber to a destination's events gets. */

import type { CommittedEvent } from '../storage/event-tail.js';

/** Why a stream of events ends; each is described in the schema's enum StreamEndCode. */
export type StreamEndCode =
  | 'CONSUMER_TOO_SLOW'
  | 'CURSOR_EXPIRED'
  | 'CURSOR_INVALID'
  | 'DESTINATION_DELETED'
  | 'EXPORT_FINISHED'
  | 'NOT_FOUND'
  | 'SERVER_STOPPING';

/** One committed event. */
export interface EventUpdate {
  kind: 'EVENT';
  /** Position right after it, as this subscriber has received the stream. */
  cursor: string;
  /** Its number in the ring of the node; null if it was read from the rows. */
  number: number | null;
  event: CommittedEvent;
}

/** A sign of life that moves the cursor past what the filter leaves out. */
export interface PositionUpdate {
  kind: 'POSITION';
  cursor: string;
  /** Number of the event of the ring that comes next; null while the stream reads rows. */
  number: number | null;
  at: Date;
  /** Whether all that this node knows to be committed has been sent. */
  isCaughtUp: boolean;
}

/** The last update of a stream. */
export interface EndUpdate {
  kind: 'END';
  number: null;
  code: StreamEndCode;
  message: string;
  /** Where to go on; null if there is nothing to go on with. */
  resumeAfter: string | null;
}

/** An update of a subscription. */
export type DeliveryUpdate = EndUpdate | EventUpdate | PositionUpdate;

/**
 * A stream of updates. Streams of one subject give the same once they are live, so that one may serve all who follow it:
 * who joins one that is live at number n gets from it the updates from that number on.
 */
export interface DeliveryStream extends AsyncIterableIterator<DeliveryUpdate> {
  /** Equal for streams that come to be the same; null if this one is nobody else's. */
  readonly subject: string | null;
  /** Number of the event that comes next, if all before it was handed out; null while there is more, and at the end. */
  readonly liveAt: number | null;
  /** The same stream from another position on; this one is not touched. */
  readonly resume: (after: string) => DeliveryStream;
}

/** Whose events, and which of them. */
export interface DeliveryEventsRequest {
  workspaceId: number;
  destinationId: number;
  /** Only events of this export. */
  exportId?: number | null;
  /** Only events of this activation. */
  activationId?: number | null;
  /** Cursor of the newest update received; null starts now. */
  after?: string | null;
}

/** Names what a stream follows. That of an export ends with it, each at a point of its own: it has no subject. */
export function subjectOf({
  workspaceId,
  destinationId,
  exportId,
  activationId,
}: DeliveryEventsRequest): string | null {
  if (exportId != null) return null;
  return `${workspaceId} ${destinationId} ${activationId ?? ''}`;
}

/** Whether an event is one of those asked for: each filter given must meet it. The destination's health is nobody's. */
export function isWanted(event: CommittedEvent, request: DeliveryEventsRequest): boolean {
  return isOfExport(event, request.exportId ?? null) && isOfActivation(event, request.activationId ?? null);
}

/** Whether an event is the last one of an export; false without an export. */
export function isFinalState(event: CommittedEvent, exportId: number | null | undefined): boolean {
  if (event.kind !== 'EXPORT_STATE' || event.exportId !== exportId) return false;
  switch (event.state) {
    case 'CANCELED':
    case 'FAILED':
    case 'PARTIALLY_FAILED':
    case 'SUCCEEDED':
      return true;
    case 'CANCELING':
    case 'PREPARING':
    case 'RUNNING':
      return false;
  }
}

function isOfExport(event: CommittedEvent, exportId: number | null): boolean {
  if (exportId === null) return true;
  if (event.kind === 'DELIVERIES') return event.exportIds.includes(exportId);
  return event.kind === 'EXPORT_STATE' && event.exportId === exportId;
}

function isOfActivation(event: CommittedEvent, activationId: number | null): boolean {
  return activationId === null || (event.kind !== 'HEALTH' && event.activationId === activationId);
}
