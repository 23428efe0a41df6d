/** Inputs and answers of the mutations of profiles. */

import { createUnionType, Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { InvalidInputErrorType, NotFoundErrorType } from './errors.js';
import { MembershipInputType } from './membership-mutations.js';
import { ProfileType } from './profile.js';
import { JSONObjectScalar } from './scalars.js';

/** GraphQL input `IdentityInput`. */
@InputType('IdentityInput', { description: 'One identity of a profile.' })
export class IdentityInputType {
  @Field(() => String, { description: 'Namespace, 1–256 characters.' })
  namespace!: string;

  @Field(() => String, { description: 'The identity, 1–1,024 characters; opaque.' })
  value!: string;
}

/** GraphQL input `ProfileInput`. */
@InputType('ProfileInput', { description: 'A profile to create or change. What is left out stays as it is.' })
export class ProfileInputType {
  @Field(() => JSONObjectScalar, {
    nullable: true,
    description:
      'Merged into the stored attributes as RFC 7396 says: what is given replaces, null removes. At most 256 KiB, 32 levels.',
  })
  attributes?: Record<string, unknown> | null;

  @Field(() => [IdentityInputType], { nullable: true, description: 'All identities from now on, 0–100.' })
  identities?: IdentityInputType[] | null;

  @Field(() => [MembershipInputType], { nullable: true, description: 'Memberships to set, 0–250; others stay.' })
  memberships?: MembershipInputType[] | null;

  @Field(() => String, { description: "The customer's id, 1–256 characters; opaque." })
  profileId!: string;
}

/** GraphQL input `UpsertProfilesInput`. */
@InputType('UpsertProfilesInput', { description: 'Input of upsertProfiles.' })
export class UpsertProfilesInput {
  @Field(() => [ProfileInputType], { description: '1–500 profiles, none twice.' })
  profiles!: ProfileInputType[];
}

/** GraphQL type `UpsertProfilesSuccess`. */
@ObjectType('UpsertProfilesSuccess', { description: 'The profiles were written.' })
export class UpsertProfilesSuccess {
  @Field(() => Int, { description: 'How many are new.' })
  created!: number;

  @Field(() => [ProfileType], { description: 'The profiles as they are now, in the order of the input.' })
  profiles!: ProfileType[];

  @Field(() => Int, { description: 'How many existed and changed.' })
  updated!: number;
}

/** GraphQL union `UpsertProfilesResult`. */
export const UpsertProfilesResult = createUnionType({
  name: 'UpsertProfilesResult',
  description: 'Answer of upsertProfiles.',
  types: () => [UpsertProfilesSuccess, InvalidInputErrorType] as const,
});

/** GraphQL input `DeleteProfileInput`. */
@InputType('DeleteProfileInput', { description: 'Input of deleteProfile.' })
export class DeleteProfileInput {
  @Field(() => String, { description: "The customer's id." })
  profileId!: string;
}

/** GraphQL type `DeleteProfileSuccess`. */
@ObjectType('DeleteProfileSuccess', { description: 'The profile was erased.' })
export class DeleteProfileSuccess {
  @Field(() => ID, { description: 'Global id of what was deleted.' })
  deletedId!: string;
}

/** GraphQL union `DeleteProfileResult`. */
export const DeleteProfileResult = createUnionType({
  name: 'DeleteProfileResult',
  description: 'Answer of deleteProfile.',
  types: () => [DeleteProfileSuccess, NotFoundErrorType] as const,
});
