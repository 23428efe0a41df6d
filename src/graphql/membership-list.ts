/** Lists of memberships: what a client may ask of them. Apart from the type, so that parents can import both. */

import { ArgsType, Field, InputType } from 'type-graphql';
import type { MembershipStatus } from '../domain/profile.js';
import type { MembershipOrderName } from '../storage/memberships.js';
import { ConnectionArgs } from './connection.js';
import { createEnum } from './enums.js';

/** GraphQL enum `MembershipStatus`. */
export const MembershipStatusEnum = createEnum<MembershipStatus>(
  'MembershipStatus',
  'How a profile stands to a segment.',
  {
    EXISTING: 'A member that qualified again.',
    EXITED: 'A member no longer.',
    REALIZED: 'A member.',
  },
);

/** GraphQL input `MembershipFilter`. */
@InputType('MembershipFilter', { description: 'Which memberships.' })
export class MembershipFilterInput {
  @Field(() => String, { nullable: true, description: "Only in the segment with this customer's id." })
  segmentId?: string | null;

  @Field(() => [MembershipStatusEnum], { nullable: true, description: 'Only these statuses.' })
  statuses?: MembershipStatus[] | null;
}

/** GraphQL enum `MembershipOrder`. */
export const MembershipOrderEnum = createEnum<MembershipOrderName>('MembershipOrder', 'Orders of memberships.', {
  UPDATED_AT_ASC: 'Longest unchanged first.',
  UPDATED_AT_DESC: 'Last changed first.',
});

/** Arguments of lists of memberships. */
@ArgsType()
export class MembershipListArgs extends ConnectionArgs {
  @Field(() => MembershipFilterInput, { nullable: true, description: 'Only what meets every condition given.' })
  filter?: MembershipFilterInput | null;

  @Field(() => MembershipOrderEnum, {
    nullable: true,
    defaultValue: 'UPDATED_AT_DESC',
    description: 'Order; null means the default.',
  })
  orderBy?: MembershipOrderName | null;
}
