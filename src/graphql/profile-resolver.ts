/** Queries and mutations of profiles. */

import { Arg, Args, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import { toGlobalId } from '../domain/global-id.js';
import { type Connection, toConnection, toPageRequest } from './connection.js';
import { type Context, requireRole } from './context.js';
import { orUserError } from './errors.js';
import { ProfileConnectionType, ProfileListArgs, ProfileType, toProfileType } from './profile.js';
import {
  DeleteProfileInput,
  DeleteProfileResult,
  DeleteProfileSuccess,
  UpsertProfilesInput,
  UpsertProfilesResult,
  UpsertProfilesSuccess,
} from './profile-mutations.js';

/** Resolver of profiles. */
@Resolver()
export class ProfileResolver {
  @Query(() => ProfileType, { nullable: true, description: 'One profile; null if there is none.' })
  async profile(
    @Arg('profileId', () => String, { description: "The customer's id." }) profileId: string,
    @Ctx() context: Context,
  ): Promise<ProfileType | null> {
    const profile = await context.loaders.profileByKey.load(profileId);
    return profile && toProfileType(profile);
  }

  @Query(() => ProfileConnectionType, { description: "The workspace's profiles." })
  profiles(
    @Args(() => ProfileListArgs) args: ProfileListArgs,
    @Ctx() context: Context,
  ): Promise<Connection<ProfileType>> {
    return listProfiles(args, context);
  }

  @Mutation(() => UpsertProfilesResult, {
    description:
      'Creates or changes up to 500 profiles, all or none, in one transaction. More: POST /ingest/profiles. Role: OPERATOR. InvalidInputError: nothing was written.',
  })
  upsertProfiles(
    @Arg('input', () => UpsertProfilesInput, { description: 'The profiles.' }) input: UpsertProfilesInput,
    @Ctx() context: Context,
  ): Promise<typeof UpsertProfilesResult> {
    requireRole(context, 'OPERATOR');
    return orUserError(async () => {
      const written = await context.services.profiles.upsert(context.viewer.workspaceId, input.profiles);
      const profiles = written.profiles.map(toProfileType);
      return Object.assign(new UpsertProfilesSuccess(), { ...written, profiles });
    });
  }

  @Mutation(() => DeleteProfileResult, {
    description:
      'Erases a profile, its memberships, pending changes and failed records, and its id in stored deliveries; nothing of it is sent later than 10 s after the answer. Records already in a stream stay there. Role: OPERATOR. NotFoundError.',
  })
  deleteProfile(
    @Arg('input', () => DeleteProfileInput, { description: 'Which one.' }) input: DeleteProfileInput,
    @Ctx() context: Context,
  ): Promise<typeof DeleteProfileResult> {
    requireRole(context, 'OPERATOR');
    return orUserError(async () => {
      const id = await context.services.profiles.delete(context.viewer.workspaceId, input.profileId);
      return Object.assign(new DeleteProfileSuccess(), { deletedId: toGlobalId('Profile', id) });
    });
  }
}

async function listProfiles(args: ProfileListArgs, context: Context): Promise<Connection<ProfileType>> {
  const { workspaceId } = context.viewer;
  const { search = null, segmentId = null } = args.filter ?? {};
  const segment = segmentId === null ? null : await context.loaders.segmentByKey.load(segmentId);
  const request = {
    workspaceId,
    filter: { search, segmentKey: segmentId === null ? null : (segment?.id ?? 0) },
    orderBy: args.orderBy ?? ('PROFILE_ID_ASC' as const),
  };
  const page = await context.loaders.profiles.page(workspaceId, request, toPageRequest(args));
  return toConnection(page, toProfileType);
}
