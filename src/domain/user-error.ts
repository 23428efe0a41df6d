/**
 * Errors that the caller can mend. Domain functions throw them; the GraphQL edge turns {@link UserError} into
 * members of result unions and {@link RequestError} into top-level errors.
 */

import type { DeliveryCode } from './delivery-code.js';

/** Stable codes of user errors; each is described in the schema's enum UserErrorCode. */
export const USER_ERROR_CODES = [
  'INVALID_INPUT',
  'REQUIRED',
  'MALFORMED',
  'OUT_OF_RANGE',
  'DUPLICATE',
  'NOT_ALLOWED',
  'NOT_FOUND',
  'RECORD_NOT_OPEN',
  'VERSION_CONFLICT',
  'ALREADY_EXISTS',
  'IDEMPOTENCY_KEY_REUSED',
  'IN_USE',
  'DESTINATION_DISABLED',
  'ACTIVATION_PAUSED',
  'EXPORT_RUNNING',
  'EXPORT_FINISHED',
  'LAST_ADMIN_KEY',
  'NO_PREVIOUS_VERSION',
  'AWS_REFUSED',
  'AWS_UNREACHABLE',
] as const;

/** One of {@link USER_ERROR_CODES}. */
export type UserErrorCode = (typeof USER_ERROR_CODES)[number];

/** Kinds of objects that errors point to and global ids name. */
export type NodeKind =
  | 'Activation'
  | 'ApiKey'
  | 'AuditEntry'
  | 'Credential'
  | 'Delivery'
  | 'Export'
  | 'FailedRecord'
  | 'KinesisDestination'
  | 'Profile'
  | 'Segment'
  | 'Workspace';

/** An object, named by kind and internal id. */
export interface NodeReference {
  kind: NodeKind;
  id: number;
}

/** One fault of one field; `path` starts at the mutation's argument, list positions are decimal texts. */
export interface InputIssue {
  code: UserErrorCode;
  message: string;
  path: string[];
}

/** Base of what a mutation refuses with; nothing was changed. Messages say what, which one, what to do; no secrets. */
export abstract class UserError extends Error {
  abstract readonly code: UserErrorCode;

  constructor(
    message: string,
    readonly path: string[] | null,
  ) {
    super(message);
    this.name = new.target.name;
  }
}

/** One or more fields are wrong. */
export class InvalidInputError extends UserError {
  readonly code = 'INVALID_INPUT' as const;

  /** @param issues every fault found, 1–100, in the order of the input. */
  constructor(readonly issues: InputIssue[]) {
    const first = issues[0];
    const more = issues.length > 1 ? ` (${issues.length} faults in all)` : '';
    super(`${first?.message ?? 'The input is not valid.'}${more}`, first?.path ?? null);
  }
}

/** The object that the mutation is about is not in this workspace. */
export class NotFoundError extends UserError {
  readonly code = 'NOT_FOUND' as const;
}

/** What was sent does not fit what is there. */
export class ConflictError extends UserError {
  constructor(
    readonly code: 'VERSION_CONFLICT' | 'ALREADY_EXISTS' | 'IDEMPOTENCY_KEY_REUSED',
    message: string,
    about: { path: string[]; current: NodeReference },
  ) {
    super(message, about.path);
    this.current = about.current;
  }

  readonly current: NodeReference;
}

/** The object's present state does not allow the call. */
export class InvalidStateError extends UserError {
  constructor(
    readonly code:
      | 'IN_USE'
      | 'DESTINATION_DISABLED'
      | 'ACTIVATION_PAUSED'
      | 'EXPORT_RUNNING'
      | 'EXPORT_FINISHED'
      | 'LAST_ADMIN_KEY'
      | 'NO_PREVIOUS_VERSION',
    message: string,
    about: { path: string[]; current: NodeReference },
  ) {
    super(message, about.path);
    this.current = about.current;
  }

  readonly current: NodeReference;
}

/** AWS refused a call, or could not be reached. */
export class AwsError extends UserError {
  constructor(
    readonly code: 'AWS_REFUSED' | 'AWS_UNREACHABLE',
    message: string,
    about: Pick<AwsError, 'awsRequestId' | 'permission' | 'policyStatement' | 'reason'> & { path: string[] },
  ) {
    super(message, about.path);
    this.awsRequestId = about.awsRequestId;
    this.permission = about.permission;
    this.policyStatement = about.policyStatement;
    this.reason = about.reason;
  }

  /** Null if there was no answer. */
  readonly awsRequestId: string | null;
  /** The missing permission, such as `kinesis:ListStreams`; null if it is not one. */
  readonly permission: string | null;
  /** The IAM policy statement that gives it; null if no permission is missing. */
  readonly policyStatement: Record<string, unknown> | null;
  /** Why, as the catalogue of delivery codes has it; null if `code` says all that is known. */
  readonly reason: DeliveryCode | null;
}

/** A whole request that cannot be answered as asked: a malformed cursor, a page size out of range, a missing role. */
export class RequestError extends Error {
  override readonly name = 'RequestError';

  constructor(
    readonly code: 'BAD_USER_INPUT' | 'FORBIDDEN' | 'RATE_LIMITED' | 'UNAUTHENTICATED',
    message: string,
  ) {
    super(message);
  }
}
