/** Profiles in the schema: the type and its lists. */

import { Args, ArgsType, Ctx, Field, InputType, ObjectType } from 'type-graphql';
import { toGlobalId } from '../domain/global-id.js';
import type { Profile } from '../domain/profile.js';
import type { ProfileOrderName } from '../storage/profiles.js';
import { type Connection, ConnectionArgs, createConnection } from './connection.js';
import { type Context, seesPersonalData } from './context.js';
import { DeliveryConnectionType, type DeliveryType, listDeliveries } from './delivery.js';
import { DeliveryListArgs } from './delivery-list.js';
import { createEnum } from './enums.js';
import { listMemberships, MembershipConnectionType, type MembershipType } from './membership.js';
import { MembershipListArgs } from './membership-list.js';
import { NodeType } from './node.js';
import { BigIntScalar, DateTimeScalar, JSONObjectScalar } from './scalars.js';

/** GraphQL type `Identity`. */
@ObjectType('Identity', { description: 'One identity of a profile.' })
export class IdentityType {
  @Field(() => String, { description: 'Namespace, such as `ecid` or `email_lc_sha256`.' })
  namespace!: string;

  @Field(() => String, { description: 'The identity; opaque.' })
  value!: string;
}

/** GraphQL type `Profile`. */
@ObjectType('Profile', { implements: NodeType, description: "A person's record." })
export class ProfileType extends NodeType {
  /** Internal id. */
  key!: number;
  lane!: number;
  stored!: Pick<Profile, 'attributes' | 'identities'>;

  @Field(() => JSONObjectScalar, { nullable: true, description: 'Its attributes; null for a VIEWER.' })
  attributes(@Ctx() context: Context): Record<string, unknown> | null {
    return seesPersonalData(context) ? this.stored.attributes : null;
  }

  @Field(() => DateTimeScalar, { description: 'When it was created.' })
  createdAt!: Date;

  @Field(() => DeliveryConnectionType, {
    description: 'What became of its records: what was sent, when, why, to which shard.',
  })
  deliveries(
    @Args(() => DeliveryListArgs) args: DeliveryListArgs,
    @Ctx() context: Context,
  ): Promise<Connection<DeliveryType>> {
    return listDeliveries(args, context, { scope: 'profile', id: this.key });
  }

  @Field(() => [IdentityType], { nullable: true, description: 'Its identities, at most 100; null for a VIEWER.' })
  identities(@Ctx() context: Context): IdentityType[] | null {
    if (!seesPersonalData(context)) return null;
    return Object.entries(this.stored.identities).flatMap(([namespace, values]) =>
      values.map((value) => Object.assign(new IdentityType(), { namespace, value })),
    );
  }

  @Field(() => MembershipConnectionType, { description: 'Its memberships.' })
  memberships(
    @Args(() => MembershipListArgs) args: MembershipListArgs,
    @Ctx() context: Context,
  ): Promise<Connection<MembershipType>> {
    return listMemberships({ scope: 'profile', key: this.key }, args, context);
  }

  @Field(() => String, { description: "The customer's id." })
  profileId!: string;

  @Field(() => BigIntScalar, {
    description: 'Grows with each change; the `sequence` of records built from it.',
  })
  revision!: number;

  @Field(() => DateTimeScalar, { description: 'When it last changed.' })
  updatedAt!: Date;
}

/** Shapes a profile for the schema. */
export function toProfileType(profile: Profile): ProfileType {
  const { id, lane, profileId, attributes, identities, revision, createdAt, updatedAt } = profile;
  return Object.assign(new ProfileType(), {
    id: toGlobalId('Profile', id),
    key: id,
    lane,
    stored: { attributes, identities },
    profileId,
    revision,
    createdAt,
    updatedAt,
  });
}

/** GraphQL type `ProfileConnection`. */
export const ProfileConnectionType = createConnection(() => ProfileType, { name: 'Profile', plural: 'profiles' });

/** GraphQL input `ProfileFilter`. */
@InputType('ProfileFilter', { description: 'Which profiles.' })
export class ProfileFilterInput {
  @Field(() => String, { nullable: true, description: "Only those whose customer's id begins with this text." })
  search?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "Only present members of the segment with this customer's id.",
  })
  segmentId?: string | null;
}

/** GraphQL enum `ProfileOrder`. */
export const ProfileOrderEnum = createEnum<ProfileOrderName>('ProfileOrder', 'Orders of profiles.', {
  PROFILE_ID_ASC: "By the customer's id.",
  PROFILE_ID_DESC: "By the customer's id, backwards.",
  UPDATED_AT_ASC: 'Longest unchanged first.',
  UPDATED_AT_DESC: 'Last changed first.',
});

/** Arguments of lists of profiles. */
@ArgsType()
export class ProfileListArgs extends ConnectionArgs {
  @Field(() => ProfileFilterInput, { nullable: true, description: 'Only what meets every condition given.' })
  filter?: ProfileFilterInput | null;

  @Field(() => ProfileOrderEnum, {
    nullable: true,
    defaultValue: 'PROFILE_ID_ASC',
    description: 'Order; null means the default.',
  })
  orderBy?: ProfileOrderName | null;
}
