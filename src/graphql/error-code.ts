/** The error catalogue in the schema. */

import { Field, ObjectType } from 'type-graphql';
import { DELIVERY_CODES, type DeliveryCode, isDeliveryCode } from '../domain/delivery-code.js';
import type { ErrorCode, ErrorCodeKind } from '../domain/error-catalogue.js';
import { createEnum } from './enums.js';

/** GraphQL enum `ErrorCodeKind`. */
export const ErrorCodeKindEnum = createEnum<ErrorCodeKind>(
  'ErrorCodeKind',
  'Where a code of the error catalogue occurs.',
  {
    FAILURE: 'A record was given up on and kept as a failed record.',
    SKIP: 'A record was not sent, by rule and not by fault.',
    DEFERRAL: 'A record waits and goes again by itself.',
    HALT: 'A destination halted; everything is kept until it resumes.',
    USER_ERROR: 'A UserErrorCode.',
    REQUEST: 'An `extensions.code` of a top-level error: the whole request was refused.',
    STREAM_END: 'A StreamEndCode.',
  },
);

/** GraphQL enum `DeliveryCode`. */
export const DeliveryCodeEnum = createEnum<DeliveryCode>(
  'DeliveryCode',
  'Why a record failed, was skipped or waits, or why a destination halts.',
  {
    RECORD_TOO_LARGE: "Failure: data and partition key together exceed the stream's record size limit.",
    RECORD_REFUSED: 'Failure: AWS refuses this very record as invalid.',
    RETRIES_EXHAUSTED: 'Failure: an error that the product does not know outlasted its retry budget.',
    NOT_A_MEMBER: 'Skip: not a present member of an activated segment any more.',
    NOT_TRIGGERED: 'Skip, in simulations only: the change touches nothing that triggers a delivery.',
    PROFILE_DELETED: 'Skip: the profile was erased.',
    CONSENT_REFUSED: "Skip: the profile's consent attribute does not permit it.",
    SEGMENT_UNMAPPED: 'Skip: the segment was taken out of the activation.',
    SEGMENT_MAPPED_AGAIN: 'Skip: the segment whose exit was to be sent is part of the activation again.',
    CHANGES_DISCARDED: 'Skip: the activation was resumed with DISCARD.',
    ACTIVATION_DELETED: 'Skip: the activation was deleted.',
    EXPORT_CANCELED: 'Skip: the export was canceled.',
    FAILED_RECORD_DISCARDED: 'Skip: the failed record was discarded.',
    THROTTLED: 'Deferral: the shard or stream is over its throughput.',
    KMS_THROTTLED: 'Deferral: AWS KMS is over its throughput.',
    AWS_UNAVAILABLE: 'Deferral: AWS answered 5xx, or no connection could be made.',
    OUTCOME_UNKNOWN:
      'Deferral: no readable answer in time; the record may be in the stream, and sending it again may duplicate it.',
    CREDENTIAL_EXPIRED: 'Halt: the credential has expired.',
    CREDENTIAL_REFUSED: 'Halt: AWS does not know the access key, or the secret is wrong.',
    CLOCK_SKEWED: "Halt: this server's clock is too far from AWS's.",
    ACCESS_DENIED: 'Halt: a permission is missing.',
    RECORD_LIMIT_CHANGED: "Deferral: the stream's record size limit has changed meanwhile.",
    KMS_ACCESS_DENIED: "Halt: the permission for the stream's KMS key is missing.",
    KMS_KEY_DISABLED: "Halt: the stream's KMS key is disabled.",
    KMS_KEY_INVALID_STATE: "Halt: the stream's KMS key is in a state that forbids its use.",
    KMS_KEY_NOT_FOUND: "Halt: the stream's KMS key does not exist.",
    KMS_NOT_SUBSCRIBED: 'Halt: the AWS account is not subscribed to KMS.',
    STREAM_NOT_FOUND: 'Halt: the stream does not exist in this region.',
    STREAM_NOT_ACTIVE: 'Halt: the stream is being created or deleted.',
  },
);

/** GraphQL type `ErrorCode`. */
@ObjectType('ErrorCode', { description: 'An entry of the error catalogue.' })
export class ErrorCodeType {
  @Field(() => String, {
    description:
      'The stable code: a DeliveryCode, UserErrorCode or StreamEndCode, or an `extensions.code` of a top-level error.',
  })
  code!: string;

  @Field(() => ErrorCodeKindEnum, { description: 'Where the code occurs.' })
  kind!: ErrorCodeKind;

  @Field(() => String, { description: 'What it means.' })
  meaning!: string;

  @Field(() => String, { description: 'What to do about it.' })
  remedy!: string;

  @Field(() => Boolean, { description: 'Whether trying again, unchanged, can help.' })
  retryable!: boolean;
}

/** Shapes an entry of the catalogue for the schema. */
export function toErrorCodeType(entry: ErrorCode): ErrorCodeType {
  return Object.assign(new ErrorCodeType(), entry);
}

/**
 * The catalogue entry of a delivery code, for fields named `reason`.
 * @param code a DeliveryCode as it was stored.
 * @throws {RangeError} if the catalogue has no such code: then the database holds what this version never wrote.
 */
export function toErrorCode(code: string): ErrorCodeType {
  if (!isDeliveryCode(code)) throw new RangeError(`There is no delivery code ${code}: a newer version wrote it?`);
  return toErrorCodeType({ code, ...DELIVERY_CODES[code] });
}
