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
  event: CommittedEvent;
}

/** A sign of life that moves the cursor past what the filter leaves out. */
export interface PositionUpdate {
  kind: 'POSITION';
  cursor: string;
  at: Date;
  /** Whether all that this node knows to be committed has been sent. */
  isCaughtUp: boolean;
}

/** The last update of a stream. */
export interface EndUpdate {
  kind: 'END';
  code: StreamEndCode;
  message: string;
  /** Where to go on; null if there is nothing to go on with. */
  resumeAfter: string | null;
}

/** An update of a subscription. */
export type DeliveryUpdate = EndUpdate | EventUpdate | PositionUpdate;

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
