/** User errors as members of result unions. */

import { Ctx, Field, InterfaceType, ObjectType } from 'type-graphql';
import { meaningsOf, USER_ERRORS } from '../domain/error-catalogue.js';
import * as domain from '../domain/user-error.js';
import type { Context } from './context.js';
import { createEnum } from './enums.js';
import { ErrorCodeType, toErrorCode, toErrorCodeType } from './error-code.js';
import { NodeType } from './node.js';
import { JSONObjectScalar } from './scalars.js';

/** GraphQL enum `UserErrorCode`. */
export const UserErrorCodeEnum = createEnum<domain.UserErrorCode>(
  'UserErrorCode',
  'Stable codes of UserError.',
  meaningsOf(USER_ERRORS),
);

/** GraphQL interface `UserError`. */
@InterfaceType('UserError', {
  description: 'Why a mutation, or a query that asks AWS, was refused. Nothing was changed.',
})
export abstract class UserErrorType {
  @Field(() => UserErrorCodeEnum, { description: 'Stable code, to act on.' })
  code!: domain.UserErrorCode;

  @Field(() => String, { description: 'What, which one, and what to do next; for people; holds no secrets.' })
  message!: string;

  @Field(() => [String], {
    nullable: true,
    description:
      'Where in the arguments, such as [`input`, `region`], list positions from `0`; null if the whole request is meant.',
  })
  path!: string[] | null;
}

/** GraphQL type `InputIssue`. */
@ObjectType('InputIssue', { implements: UserErrorType, description: 'One fault of one field.' })
export class InputIssueType extends UserErrorType {
  @Field(() => [String], { description: 'The field, such as [`input`, `segmentIds`, `3`].' })
  override path: string[] = [];
}

/** GraphQL type `InvalidInputError`. */
@ObjectType('InvalidInputError', {
  implements: UserErrorType,
  description: 'One or more fields are wrong (INVALID_INPUT).',
})
export class InvalidInputErrorType extends UserErrorType {
  @Field(() => [InputIssueType], { description: 'Every fault found, in the order of the input; 1–100.' })
  issues!: InputIssueType[];
}

/** GraphQL type `NotFoundError`. */
@ObjectType('NotFoundError', {
  implements: UserErrorType,
  description:
    'The object that the mutation is about is not in this workspace (NOT_FOUND). What other fields name is an issue of InvalidInputError instead.',
})
export class NotFoundErrorType extends UserErrorType {}

/** What errors that point to an object share. */
abstract class PointingErrorType extends UserErrorType {
  reference!: domain.NodeReference;
}

/** GraphQL type `ConflictError`. */
@ObjectType('ConflictError', {
  implements: UserErrorType,
  description: 'What was sent does not fit what is there (VERSION_CONFLICT, ALREADY_EXISTS or IDEMPOTENCY_KEY_REUSED).',
})
export class ConflictErrorType extends PointingErrorType {
  @Field(() => NodeType, {
    nullable: true,
    description:
      'The object as it is now: changed by another, existing already, or made by the first use of the key; null if it was deleted meanwhile.',
  })
  current(@Ctx() context: Context): Promise<NodeType | null> {
    return context.loadNode(this.reference);
  }
}

/** GraphQL type `InvalidStateError`. */
@ObjectType('InvalidStateError', {
  implements: UserErrorType,
  description:
    "The object's present state does not allow this (IN_USE, DESTINATION_DISABLED, ACTIVATION_PAUSED, EXPORT_RUNNING, EXPORT_FINISHED, LAST_ADMIN_KEY or NO_PREVIOUS_VERSION).",
})
export class InvalidStateErrorType extends PointingErrorType {
  @Field(() => NodeType, {
    nullable: true,
    description:
      'The object whose state stands in the way; its own lists say what uses it; null if it was deleted meanwhile.',
  })
  current(@Ctx() context: Context): Promise<NodeType | null> {
    return context.loadNode(this.reference);
  }
}

/** GraphQL type `AwsError`. */
@ObjectType('AwsError', { implements: UserErrorType, description: 'AWS refused or could not be reached.' })
export class AwsErrorType extends UserErrorType {
  cause!: domain.AwsError['reason'];

  @Field(() => String, {
    nullable: true,
    description: "AWS's request id, for its support; null if there was no answer.",
  })
  awsRequestId!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'The missing permission, such as `kinesis:ListShards`; null if it is not one.',
  })
  permission!: string | null;

  @Field(() => JSONObjectScalar, {
    nullable: true,
    description: 'The IAM policy statement that gives `permission`; null if no permission is missing.',
  })
  policyStatement!: Record<string, unknown> | null;

  @Field(() => ErrorCodeType, { description: 'Catalogue entry with the remedy.' })
  reason(): ErrorCodeType {
    if (this.cause !== null) return toErrorCode(this.cause);
    return toErrorCodeType({ code: this.code, kind: 'USER_ERROR', ...USER_ERRORS[this.code] });
  }
}

/**
 * Runs the work of a mutation, or of a query that answers a union, and turns a user error into its type.
 * @returns the work's answer or an error type; the union must have every error that its work throws.
 * @throws whatever is no {@link domain.UserError}.
 */
export async function orUserError<Answer>(work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof domain.UserError) return toErrorType(error) as UserErrorType & Answer;
    throw error;
  }
}

function toErrorType(error: domain.UserError): UserErrorType {
  const shared = { code: error.code, message: error.message, path: error.path };
  if (error instanceof domain.InvalidInputError) {
    const issues = error.issues.map((issue) => Object.assign(new InputIssueType(), issue));
    return Object.assign(new InvalidInputErrorType(), shared, { issues });
  }
  if (error instanceof domain.ConflictError)
    return Object.assign(new ConflictErrorType(), shared, { reference: error.current });
  if (error instanceof domain.InvalidStateError)
    return Object.assign(new InvalidStateErrorType(), shared, { reference: error.current });
  if (error instanceof domain.AwsError) {
    const { awsRequestId, permission, policyStatement, reason: cause } = error;
    return Object.assign(new AwsErrorType(), shared, { awsRequestId, permission, policyStatement, cause });
  }
  return Object.assign(new NotFoundErrorType(), shared);
}
