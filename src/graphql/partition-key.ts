/** Partition keys in the schema. */

import { Field, InputType, ObjectType } from 'type-graphql';
import type { PartitionKey, PartitionKeyStrategy } from '../domain/partition-key.js';
import { createEnum } from './enums.js';

/** GraphQL enum `PartitionKeyStrategy`. */
export const PartitionKeyStrategyEnum = createEnum<PartitionKeyStrategy>(
  'PartitionKeyStrategy',
  "Where a record's partition key comes from.",
  {
    ATTRIBUTE: "An attribute's value; order per profile holds while the value does.",
    CONSTANT: 'One text for all: one shard, in order.',
    IDENTITY: 'The first identity of a namespace; order per profile holds while it does.',
    PROFILE_ID: 'The profile id.',
    RANDOM: 'A new one each time: even spread, no order.',
  },
);

/** GraphQL type `PartitionKey`. */
@ObjectType('PartitionKey', {
  description:
    "What decides a record's shard. A value that is empty, missing or over 256 characters falls back to the profile id.",
})
export class PartitionKeyType {
  @Field(() => String, {
    nullable: true,
    description: 'IDENTITY: the namespace; ATTRIBUTE: the dot path; CONSTANT: the text; null otherwise.',
  })
  argument!: string | null;

  @Field(() => PartitionKeyStrategyEnum, { description: 'Where the key comes from.' })
  strategy!: PartitionKeyStrategy;
}

/** GraphQL input `PartitionKeyInput`. */
@InputType('PartitionKeyInput', { description: "What decides a record's shard." })
export class PartitionKeyInput {
  @Field(() => String, {
    nullable: true,
    description:
      'IDENTITY: the namespace, 1–256 characters; ATTRIBUTE: the dot path, 1–512 characters; CONSTANT: the text, 1–256 characters; left out or null otherwise.',
  })
  argument?: string | null;

  @Field(() => PartitionKeyStrategyEnum, { description: 'Where the key comes from.' })
  strategy!: PartitionKeyStrategy;
}

/** Shapes a partition key for the schema. */
export function toPartitionKeyType(partitionKey: PartitionKey): PartitionKeyType {
  return Object.assign(new PartitionKeyType(), partitionKey);
}
