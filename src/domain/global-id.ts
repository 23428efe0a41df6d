/** Global ids: opaque texts that name an object's kind and internal id. */

import type { NodeKind } from './user-error.js';

const CODES: Record<NodeKind, string> = {
  Activation: 'act',
  ApiKey: 'key',
  AuditEntry: 'aud',
  Credential: 'crd',
  Delivery: 'dlv',
  Export: 'exp',
  FailedRecord: 'fld',
  KinesisDestination: 'dst',
  Profile: 'prf',
  Segment: 'seg',
  Workspace: 'wsp',
};

const KINDS = new Map(Object.entries(CODES).map(([kind, code]) => [code, kind]));

/** What a global id names. `ordinal` is the record's place in its delivery event; 0 for every other kind. */
export interface GlobalId {
  kind: NodeKind;
  id: number;
  ordinal: number;
}

/** Makes the global id of an object. */
export function toGlobalId(kind: NodeKind, id: number, ordinal?: number): string {
  const place = ordinal === undefined ? '' : `.${ordinal}`;
  return Buffer.from(`${CODES[kind]}.${id}${place}`).toString('base64url');
}

/** Reads a global id; null if it is none, so that a malformed id reads like one of a missing object. */
export function fromGlobalId(text: string): GlobalId | null {
  const match = /^([a-z]{3})\.(\d{1,15})(?:\.(\d{1,4}))?$/.exec(Buffer.from(text, 'base64url').toString('latin1'));
  const kind = KINDS.get(match?.[1] ?? '');
  if (!match || !isNodeKind(kind)) return null;
  const id = { kind, id: Number(match[2]), ordinal: Number(match[3] ?? 0) };
  return toGlobalId(kind, id.id, match[3] === undefined ? undefined : id.ordinal) === text ? id : null;
}

/** Reads a global id of one kind; null if it is of another or none. */
export function internalId(text: string, kind: NodeKind): number | null {
  const id = fromGlobalId(text);
  return id?.kind === kind ? id.id : null;
}

function isNodeKind(kind: string | undefined): kind is NodeKind {
  return kind !== undefined && kind in CODES;
}
