/** Counts of deliveries in the schema: what exports and delivery events have in common. */

import { Field, InterfaceType, ObjectType } from 'type-graphql';
import { type DeliveryCode, isDeliveryCode } from '../domain/delivery-code.js';
import { DeliveryCodeEnum, ErrorCodeType, toErrorCode } from './error-code.js';
import { BigIntScalar } from './scalars.js';

/** GraphQL type `CodeCount`. */
@ObjectType('CodeCount', { description: 'How often a code occurred.' })
export class CodeCountType {
  @Field(() => DeliveryCodeEnum, { description: 'The code.' })
  code!: DeliveryCode;

  @Field(() => BigIntScalar, { description: 'How often.' })
  count!: number;

  @Field(() => ErrorCodeType, {
    description: 'Its catalogue entry, with the remedy and whether a retry can help.',
  })
  reason(): ErrorCodeType {
    return toErrorCode(this.code);
  }
}

/** GraphQL interface `DeliveryCounts`. Types that implement it declare its fields again, each reading from its own books. */
@InterfaceType('DeliveryCounts', {
  description: 'What became of records. For an export, each profile counts once, however often it was tried.',
})
export abstract class DeliveryCountsType {
  @Field(() => BigIntScalar, { description: 'Records put into PutRecords calls, repeats included.' })
  attempts!: number;

  @Field(() => BigIntScalar, { description: 'Bytes delivered, partition keys included.' })
  bytes!: number;

  @Field(() => [CodeCountType], { description: 'Failures and skips by code, most first.' })
  codes!: CodeCountType[];

  @Field(() => BigIntScalar, { description: 'Delivered: in the stream, with shard and sequence number.' })
  delivered!: number;

  @Field(() => BigIntScalar, { description: 'Given up on, kept as failed records.' })
  failed!: number;

  @Field(() => BigIntScalar, {
    description: 'Delivered after an attempt whose outcome is unknown: they may be in the stream twice.',
  })
  possibleDuplicates!: number;

  @Field(() => BigIntScalar, { description: 'Not sent, by rule.' })
  skipped!: number;
}

/** Shapes counts by code, most first; equal ones by name, so that the order is stable. Codes without a count are left out. */
export function toCodeCounts(counts: Readonly<Record<string, number>>): CodeCountType[] {
  return Object.entries(counts)
    .flatMap(([code, count]) => (isDeliveryCode(code) && count > 0 ? [{ code, count }] : []))
    .sort((a, b) => b.count - a.count || a.code.localeCompare(b.code))
    .map((entry) => Object.assign(new CodeCountType(), entry));
}
