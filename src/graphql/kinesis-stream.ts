/** Data streams of Amazon Kinesis in the schema. */

import { createUnionType, Field, Int, ObjectType } from 'type-graphql';
import type { KinesisStream, KinesisStreamMode, KinesisStreamState } from '../domain/kinesis-stream.js';
import { createEnum } from './enums.js';
import { AwsErrorType, InvalidInputErrorType } from './errors.js';
import { BigIntScalar } from './scalars.js';

const KinesisStreamModeEnum = createEnum<KinesisStreamMode>('KinesisStreamMode', "How a stream's capacity is set.", {
  ON_DEMAND: 'By AWS, with the load.',
  PROVISIONED: 'By its owner, in shards.',
});

const KinesisStreamStateEnum = createEnum<KinesisStreamState>('KinesisStreamState', 'State of a stream.', {
  ACTIVE: 'In use.',
  CREATING: 'Not yet usable.',
  DELETING: 'Going away.',
  UPDATING: 'In use, being resharded or changed.',
});

/** GraphQL type `KinesisStream`. */
@ObjectType('KinesisStream', { description: 'A data stream as AWS describes it; what was not told is null.' })
export class KinesisStreamType {
  @Field(() => String, { description: 'Its ARN.' })
  arn!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Its KMS key as AWS names it; null if not encrypted or not told.',
  })
  kmsKeyId!: string | null;

  @Field(() => BigIntScalar, {
    nullable: true,
    description: 'Most bytes of a record, data and partition key together; null if not told.',
  })
  maxRecordBytes!: number | null;

  @Field(() => KinesisStreamModeEnum, { nullable: true, description: 'How its capacity is set; null if not told.' })
  mode!: KinesisStreamMode | null;

  @Field(() => String, { description: 'Its name.' })
  name!: string;

  @Field(() => Int, { nullable: true, description: 'How many shards are open; null if not told.' })
  openShardCount!: number | null;

  @Field(() => KinesisStreamStateEnum, { nullable: true, description: 'Its state; null if not told.' })
  state!: KinesisStreamState | null;
}

/** GraphQL type `ListStreamsSuccess`. */
@ObjectType('ListStreamsSuccess', { description: 'The streams were listed.' })
export class ListStreamsSuccess {
  @Field(() => [KinesisStreamType], { description: 'By name, at most 1,000.' })
  streams!: KinesisStreamType[];

  @Field(() => Boolean, { description: 'Whether there are more than the list holds.' })
  truncated!: boolean;
}

/** GraphQL union `ListStreamsResult`. */
export const ListStreamsResult = createUnionType({
  name: 'ListStreamsResult',
  description: 'Answer of listStreams.',
  types: () => [ListStreamsSuccess, InvalidInputErrorType, AwsErrorType] as const,
});

/** Shapes a stream for the schema. */
export function toKinesisStreamType(stream: KinesisStream): KinesisStreamType {
  return Object.assign(new KinesisStreamType(), stream);
}
