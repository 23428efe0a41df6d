/** Answers of `previewPartitioning`. */

import { createUnionType, Field, Float, Int, ObjectType } from 'type-graphql';
import { AwsErrorType, InvalidInputErrorType } from './errors.js';

/** GraphQL type `ShardShare`. */
@ObjectType('ShardShare', { description: 'What one shard would get.' })
export class ShardShareType {
  @Field(() => Int, { description: 'Sampled members that fall to it.' })
  records!: number;

  @Field(() => String, { description: "The shard's id." })
  shardId!: string;

  @Field(() => Float, { description: '`records` by `sampled`, 0–1.' })
  share!: number;
}

/** GraphQL type `PreviewPartitioningSuccess`. */
@ObjectType('PreviewPartitioningSuccess', { description: 'How a sample of members would spread over the shards.' })
export class PreviewPartitioningSuccess {
  @Field(() => Int, { description: 'Sampled members whose key falls back to the profile id.' })
  fallbacks!: number;

  @Field(() => Boolean, {
    description:
      'Whether records of one profile would keep their order: not with RANDOM keys, nor on a stream that ignores partition keys, where `shards` do not hold either.',
  })
  orderGuaranteed!: boolean;

  @Field(() => Int, { description: 'Members sampled; fewer than asked if there are fewer.' })
  sampled!: number;

  @Field(() => [ShardShareType], { description: 'Every open shard, in the order of their hash ranges.' })
  shards!: ShardShareType[];
}

/** GraphQL union `PreviewPartitioningResult`. */
export const PreviewPartitioningResult = createUnionType({
  name: 'PreviewPartitioningResult',
  description: 'Answer of previewPartitioning.',
  types: () => [PreviewPartitioningSuccess, InvalidInputErrorType, AwsErrorType] as const,
});
