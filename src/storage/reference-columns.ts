/** Words that several tables keep: kinds of objects, and of those who did something. */

import { z } from 'zod';
import type { NodeKind } from '../domain/user-error.js';
import type { Actor } from '../domain/viewer.js';

/** Kinds of objects that a call with an idempotency key can make or name. */
export const MADE_KINDS = [
  'Activation',
  'Credential',
  'Delivery',
  'Export',
  'FailedRecord',
  'KinesisDestination',
  'Profile',
  'Segment',
  'Workspace',
] as const satisfies readonly NodeKind[];

/** Kinds of all objects that have a global id. */
export const NODE_KINDS = [...MADE_KINDS, 'ApiKey', 'AuditEntry'] as const satisfies readonly NodeKind[];

/** A column with the kind of an actor. */
export const ActorKindColumn: z.ZodType<Actor['kind']> = z.enum(['API_KEY', 'TOKEN', 'SYSTEM']);
