/** Ids that clients send. */

import { internalId } from '../domain/global-id.js';
import type { NodeKind } from '../domain/user-error.js';

/** No row's internal id. */
const NOBODY = 0;

/** The internal id behind a global id; one that is malformed or of another kind finds nothing, like a missing one. */
export function requestedId(text: string, kind: NodeKind): number {
  return internalId(text, kind) ?? NOBODY;
}
