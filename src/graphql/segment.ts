/** Segments in the schema: the type, its lists, its queries and mutations' answers. */

import { Args, ArgsType, Ctx, Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { toGlobalId } from '../domain/global-id.js';
import type { Segment } from '../domain/segment.js';
import type { SegmentOrderName } from '../storage/segments.js';
import { ActivationConnectionType, type ActivationType, listActivations } from './activation.js';
import { ActivationListArgs } from './activation-list.js';
import { type Connection, ConnectionArgs, createCountedConnection } from './connection.js';
import type { Context } from './context.js';
import { createEnum } from './enums.js';
import { listMemberships, MembershipConnectionType, type MembershipType } from './membership.js';
import { MembershipListArgs } from './membership-list.js';
import { NodeType } from './node.js';
import { BigIntScalar, DateTimeScalar } from './scalars.js';

/** GraphQL type `Segment`. */
@ObjectType('Segment', { implements: NodeType, description: 'A named audience that profiles belong to.' })
export class SegmentType extends NodeType {
  /** Internal id. */
  key!: number;

  @Field(() => ActivationConnectionType, { description: 'The activations that it is in.' })
  activations(
    @Args(() => ActivationListArgs) args: ActivationListArgs,
    @Ctx() context: Context,
  ): Promise<Connection<ActivationType>> {
    return listActivations(args, context, { scope: 'segment', id: this.key });
  }

  @Field(() => DateTimeScalar, { description: 'When it was created; records with timestamps carry it.' })
  createdAt!: Date;

  @Field(() => String, { nullable: true, description: 'Description; null if none was given.' })
  description!: string | null;

  @Field(() => BigIntScalar, { description: 'Present members: realized and existing; exact.' })
  memberCount(@Ctx() context: Context): Promise<number> {
    return context.loaders.memberCount.load(this.key);
  }

  @Field(() => MembershipConnectionType, {
    description: 'Memberships in it, exited ones included unless filtered out.',
  })
  members(
    @Args(() => MembershipListArgs) args: MembershipListArgs,
    @Ctx() context: Context,
  ): Promise<Connection<MembershipType>> {
    return listMemberships({ scope: 'segment', key: this.key }, args, context);
  }

  @Field(() => String, { description: 'Name; records with segment names carry it.' })
  name!: string;

  @Field(() => String, { description: 'Namespace that records file it under.' })
  namespace!: string;

  @Field(() => String, { description: "The customer's id." })
  segmentId!: string;

  @Field(() => DateTimeScalar, {
    description: 'When its name or description last changed; records with timestamps carry it.',
  })
  updatedAt!: Date;

  @Field(() => Int, { description: 'Grows with each change; hand it back as `expectedVersion`.' })
  version!: number;
}

/** Shapes a segment for the schema. */
export function toSegmentType(segment: Segment): SegmentType {
  return Object.assign(new SegmentType(), segment, { key: segment.id, id: toGlobalId('Segment', segment.id) });
}

/** GraphQL type `SegmentConnection`. */
export const SegmentConnectionType = createCountedConnection(() => SegmentType, {
  name: 'Segment',
  plural: 'segments',
});

/** GraphQL input `SegmentFilter`. */
@InputType('SegmentFilter', { description: 'Which segments.' })
export class SegmentFilterInput {
  @Field(() => ID, {
    nullable: true,
    description: 'Only those activated to the destination with this global id.',
  })
  destinationId?: string | null;

  @Field(() => String, { nullable: true, description: 'Only names or ids that contain this text, in any case.' })
  search?: string | null;
}

/** GraphQL enum `SegmentOrder`. */
export const SegmentOrderEnum = createEnum<SegmentOrderName>('SegmentOrder', 'Orders of segments.', {
  CREATED_AT_ASC: 'Oldest first.',
  CREATED_AT_DESC: 'Newest first.',
  NAME_ASC: 'By name.',
  NAME_DESC: 'By name, backwards.',
});

/** Arguments of lists of segments. */
@ArgsType()
export class SegmentListArgs extends ConnectionArgs {
  @Field(() => SegmentFilterInput, { nullable: true, description: 'Only what meets every condition given.' })
  filter?: SegmentFilterInput | null;

  @Field(() => SegmentOrderEnum, {
    nullable: true,
    defaultValue: 'NAME_ASC',
    description: 'Order; null means the default.',
  })
  orderBy?: SegmentOrderName | null;
}
