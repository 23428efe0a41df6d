/** Inputs and answers of the mutation of memberships. */

import { createUnionType, Field, InputType, Int, ObjectType } from 'type-graphql';
import type { MembershipStatus } from '../domain/profile.js';
import { InvalidInputErrorType } from './errors.js';
import { MembershipType } from './membership.js';
import { MembershipStatusEnum } from './membership-list.js';

/** GraphQL input `MembershipInput`. */
@InputType('MembershipInput', { description: 'A membership to set, within a profile.' })
export class MembershipInputType {
  @Field(() => String, {
    nullable: true,
    description:
      'When it qualified or left, as `2020-05-25T21:24:39Z`, `…+00:00` or `…+0000`; comes back as given; null means now.',
  })
  lastQualificationTime?: string | null;

  @Field(() => String, { description: "The customer's id of an existing segment." })
  segmentId!: string;

  @Field(() => MembershipStatusEnum, {
    description: 'How it stands; REALIZED for a present member is stored as EXISTING.',
  })
  status!: MembershipStatus;

  @Field(() => String, {
    nullable: true,
    description: 'When it turns to EXITED by itself, in the same forms; null means never.',
  })
  validUntil?: string | null;
}

/** GraphQL input `SegmentMembershipInput`. */
@InputType('SegmentMembershipInput', { description: 'A membership to set, of any profile.' })
export class SegmentMembershipInputType extends MembershipInputType {
  @Field(() => String, { description: "The customer's id of an existing profile." })
  profileId!: string;
}

/** GraphQL input `UpdateSegmentMembershipsInput`. */
@InputType('UpdateSegmentMembershipsInput', { description: 'Input of updateSegmentMemberships.' })
export class UpdateSegmentMembershipsInput {
  @Field(() => [SegmentMembershipInputType], { description: '1–500 memberships, none twice.' })
  memberships!: SegmentMembershipInputType[];
}

/** GraphQL type `UpdateSegmentMembershipsSuccess`. */
@ObjectType('UpdateSegmentMembershipsSuccess', { description: 'The memberships were written.' })
export class UpdateSegmentMembershipsSuccess {
  @Field(() => [MembershipType], { description: 'The memberships as they are now, in the order of the input.' })
  memberships!: MembershipType[];

  @Field(() => Int, { description: 'How many changed.' })
  updated!: number;
}

/** GraphQL union `UpdateSegmentMembershipsResult`. */
export const UpdateSegmentMembershipsResult = createUnionType({
  name: 'UpdateSegmentMembershipsResult',
  description: 'Answer of updateSegmentMemberships.',
  types: () => [UpdateSegmentMembershipsSuccess, InvalidInputErrorType] as const,
});
