/** Memberships in the schema: the type and its lists. */

import { Ctx, Field, ObjectType } from 'type-graphql';
import type { Membership, MembershipStatus } from '../domain/profile.js';
import { type Connection, createConnection, toConnection, toPageRequest } from './connection.js';
import type { Context } from './context.js';
import { type MembershipListArgs, MembershipStatusEnum } from './membership-list.js';
import { ProfileType, toProfileType } from './profile.js';
import { DateTimeScalar } from './scalars.js';
import { SegmentType, toSegmentType } from './segment.js';

/** GraphQL type `Membership`. */
@ObjectType('Membership', { description: "One profile's place in one segment." })
export class MembershipType {
  /** Internal ids. */
  profileKey!: number;
  segmentKey!: number;

  @Field(() => String, { description: 'When it was last qualified, or left, as it was given.' })
  lastQualificationTime!: string;

  @Field(() => ProfileType, { nullable: true, description: 'The profile; null if it was erased meanwhile.' })
  async profile(@Ctx() context: Context): Promise<ProfileType | null> {
    const profile = await context.loaders.profileById.load(this.profileKey);
    return profile && toProfileType(profile);
  }

  @Field(() => SegmentType, { nullable: true, description: 'The segment; null if it was deleted meanwhile.' })
  async segment(@Ctx() context: Context): Promise<SegmentType | null> {
    const segment = await context.loaders.segmentById.load(this.segmentKey);
    return segment && toSegmentType(segment);
  }

  @Field(() => MembershipStatusEnum, { description: 'How it stands.' })
  status!: MembershipStatus;

  @Field(() => DateTimeScalar, { description: 'When it last changed here.' })
  updatedAt!: Date;

  @Field(() => String, {
    nullable: true,
    description: 'When it turns to EXITED by itself, as it was given; null if never.',
  })
  validUntil!: string | null;
}

/** Shapes a membership for the schema. */
export function toMembershipType(membership: Membership): MembershipType {
  const { profileKey, segmentId, status, qualifiedAt, validUntil, updatedAt } = membership;
  return Object.assign(new MembershipType(), {
    profileKey,
    segmentKey: segmentId,
    status,
    lastQualificationTime: qualifiedAt,
    validUntil,
    updatedAt,
  });
}

/** GraphQL type `MembershipConnection`. */
export const MembershipConnectionType = createConnection(() => MembershipType, {
  name: 'Membership',
  plural: 'memberships',
});

/** Lists the memberships of a profile or a segment, by its internal id. */
export async function listMemberships(
  parent: { scope: 'profile' | 'segment'; key: number },
  args: MembershipListArgs,
  context: Context,
): Promise<Connection<MembershipType>> {
  const request = {
    workspaceId: context.viewer.workspaceId,
    scope: parent.scope,
    filter: { segmentId: args.filter?.segmentId ?? null, statuses: args.filter?.statuses ?? null },
    orderBy: args.orderBy ?? ('UPDATED_AT_DESC' as const),
  };
  const page = await context.loaders.memberships.page(parent.key, request, toPageRequest(args));
  return toConnection(page, toMembershipType);
}
