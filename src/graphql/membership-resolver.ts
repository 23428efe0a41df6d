/** The mutation of memberships. */

import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { type Context, requireRole } from './context.js';
import { orUserError } from './errors.js';
import { toMembershipType } from './membership.js';
import {
  UpdateSegmentMembershipsInput,
  UpdateSegmentMembershipsResult,
  UpdateSegmentMembershipsSuccess,
} from './membership-mutations.js';

/** Resolver of memberships. */
@Resolver()
export class MembershipResolver {
  @Mutation(() => UpdateSegmentMembershipsResult, {
    description:
      'Sets up to 500 memberships of existing profiles, all or none, in one transaction. More: POST /ingest/memberships. Role: OPERATOR. InvalidInputError: nothing was written.',
  })
  updateSegmentMemberships(
    @Arg('input', () => UpdateSegmentMembershipsInput, { description: 'The memberships.' })
    input: UpdateSegmentMembershipsInput,
    @Ctx() context: Context,
  ): Promise<typeof UpdateSegmentMembershipsResult> {
    requireRole(context, 'OPERATOR');
    return orUserError(async () => {
      const written = await context.services.profiles.setMemberships(context.viewer.workspaceId, input.memberships);
      const memberships = written.memberships.map(toMembershipType);
      return Object.assign(new UpdateSegmentMembershipsSuccess(), { updated: written.updated, memberships });
    });
  }
}
