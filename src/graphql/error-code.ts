/** The error catalogue in the schema. */

import { Field, ObjectType } from 'type-graphql';
import { DELIVERY_CODES, type DeliveryCode, isDeliveryCode } from '../domain/delivery-code.js';
import { type ErrorCode, type ErrorCodeKind, KIND_WORDS, meaningsOf } from '../domain/error-catalogue.js';
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
    WARNING: 'All works, but not for long.',
    USER_ERROR: 'A UserErrorCode.',
    REQUEST: 'An `extensions.code` of a top-level error: the whole request was refused.',
    STREAM_END: 'A StreamEndCode.',
  },
);

/** GraphQL enum `DeliveryCode`. */
export const DeliveryCodeEnum = createEnum<DeliveryCode>(
  'DeliveryCode',
  'Why a record failed, was skipped or waits, why a destination halts, or what it is warned of.',
  meaningsOf(DELIVERY_CODES, (entry) => `${KIND_WORDS[entry.kind]}: `),
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
