/** Workspaces: the tenants. */

import { randomBytes } from 'node:crypto';

/** A tenant as it is stored. */
export interface Workspace {
  id: number;
  name: string;
  /** What a customer's IAM role must require (sts:ExternalId); never changes. */
  externalId: string;
}

/** A new external id: 192 random bits, of characters that `sts:ExternalId` allows. */
export function createExternalId(): string {
  return `tributary-${randomBytes(24).toString('base64url')}`;
}
