/** What every resolver gets: the caller, the services that change things, the loaders that read them. */

import type { Activations } from '../domain/activation.js';
import type { ActivationStates } from '../domain/activation-state.js';
import type { ApiKeys } from '../domain/api-key-issue.js';
import type { AuditedCall, AuditTrail } from '../domain/audit.js';
import type { Credentials } from '../domain/credential.js';
import type { CredentialRotations } from '../domain/credential-rotation.js';
import type { Destinations } from '../domain/destination.js';
import type { DestinationStates } from '../domain/destination-state.js';
import type { DestinationTests } from '../domain/destination-test.js';
import type { ExportRequests } from '../domain/export-request.js';
import type { FailedRecordDecisions } from '../domain/failed-record-decision.js';
import type { Partitioning } from '../domain/partitioning.js';
import type { Profiles } from '../domain/profile.js';
import type { Replays } from '../domain/replay.js';
import type { RoleTrust } from '../domain/role-trust.js';
import type { Segments } from '../domain/segment.js';
import type { Simulations } from '../domain/simulation.js';
import { type NodeReference, RequestError } from '../domain/user-error.js';
import { includesRole, type Role, type Viewer } from '../domain/viewer.js';
import type { EventStreams } from '../events/tail.js';
import type { Loaders } from './loaders.js';
import type { NodeType } from './node.js';

/** The domain services that mutations call, and queries that ask AWS. */
export interface Services {
  activations: Activations;
  activationStates: ActivationStates;
  apiKeys: ApiKeys;
  credentials: Credentials;
  credentialRotations: CredentialRotations;
  destinations: Destinations;
  destinationStates: DestinationStates;
  destinationTests: DestinationTests;
  exportRequests: ExportRequests;
  failedRecordDecisions: FailedRecordDecisions;
  partitioning: Partitioning;
  profiles: Profiles;
  replays: Replays;
  roleTrust: RoleTrust;
  segments: Segments;
  simulations: Simulations;
}

/** What the edge knows of a call that is to be audited. */
export type AuditedInput = Pick<AuditedCall, 'action' | 'changes' | 'target'>;

/** The context of one operation. */
export interface Context {
  viewer: Viewer;
  /** Streams that subscriptions follow. */
  events: EventStreams;
  services: Services;
  /** Fresh for each operation: nothing is cached between two. */
  loaders: Loaders;
  /** Reads the object behind a reference; null if it is not in the caller's workspace. */
  loadNode(reference: NodeReference & { ordinal?: number }): Promise<NodeType | null>;
  requestId: string;
  /** Opens the audit of a call; its services write the entry with what they change. */
  openAudit(call: AuditedInput): { services: Services; trail: AuditTrail };
}

/**
 * Checks the caller's role.
 * @throws {RequestError} FORBIDDEN, naming the role needed.
 */
export function requireRole(context: Context, role: Role): void {
  if (includesRole(context.viewer.role, role)) return;
  throw new RequestError(
    'FORBIDDEN',
    `This needs role ${role}; yours is ${context.viewer.role}. Ask an ADMIN for a key.`,
  );
}

/** Whether the caller may see what profiles hold; a VIEWER may not. */
export function seesPersonalData(context: Context): boolean {
  return includesRole(context.viewer.role, 'OPERATOR');
}
