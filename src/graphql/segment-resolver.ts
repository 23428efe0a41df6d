/** Queries and mutations of segments. */

import { Arg, Args, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import { internalId, toGlobalId } from '../domain/global-id.js';
import { type Connection, toConnection, toPageRequest } from './connection.js';
import { type Context, requireRole } from './context.js';
import { orUserError } from './errors.js';
import { SegmentConnectionType, SegmentListArgs, SegmentType, toSegmentType } from './segment.js';
import {
  CreateSegmentInput,
  CreateSegmentResult,
  CreateSegmentSuccess,
  DeleteSegmentInput,
  DeleteSegmentResult,
  DeleteSegmentSuccess,
  UpdateSegmentInput,
  UpdateSegmentResult,
  UpdateSegmentSuccess,
} from './segment-mutations.js';

/** Resolver of segments. */
@Resolver()
export class SegmentResolver {
  @Query(() => SegmentType, { nullable: true, description: 'One segment; null if there is none.' })
  async segment(
    @Arg('segmentId', () => String, { description: "The customer's id." }) segmentId: string,
    @Ctx() context: Context,
  ): Promise<SegmentType | null> {
    const segment = await context.loaders.segmentByKey.load(segmentId);
    return segment && toSegmentType(segment);
  }

  @Query(() => SegmentConnectionType, { description: "The workspace's segments." })
  segments(
    @Args(() => SegmentListArgs) args: SegmentListArgs,
    @Ctx() context: Context,
  ): Promise<Connection<SegmentType>> {
    return listSegments(args, context);
  }

  @Mutation(() => CreateSegmentResult, {
    description: 'Adds a segment. Role: OPERATOR. InvalidInputError. ConflictError: ALREADY_EXISTS.',
  })
  createSegment(
    @Arg('input', () => CreateSegmentInput, { description: 'The new segment.' }) input: CreateSegmentInput,
    @Ctx() context: Context,
  ): Promise<typeof CreateSegmentResult> {
    requireRole(context, 'OPERATOR');
    return orUserError(async () => {
      const segment = await context.services.segments.create(context.viewer.workspaceId, input);
      return Object.assign(new CreateSegmentSuccess(), { segment: toSegmentType(segment) });
    });
  }

  @Mutation(() => UpdateSegmentResult, {
    description:
      "Changes a segment's name or description. Role: OPERATOR. InvalidInputError. NotFoundError. ConflictError: VERSION_CONFLICT.",
  })
  updateSegment(
    @Arg('input', () => UpdateSegmentInput, { description: 'What to change.' }) input: UpdateSegmentInput,
    @Ctx() context: Context,
  ): Promise<typeof UpdateSegmentResult> {
    requireRole(context, 'OPERATOR');
    return orUserError(async () => {
      const segment = await context.services.segments.update(context.viewer.workspaceId, input);
      return Object.assign(new UpdateSegmentSuccess(), { segment: toSegmentType(segment) });
    });
  }

  @Mutation(() => DeleteSegmentResult, {
    description:
      'Deletes a segment and its memberships; triggers no delivery. Role: OPERATOR. NotFoundError. InvalidStateError: IN_USE by an activation, or by an unfinished export of its exits.',
  })
  deleteSegment(
    @Arg('input', () => DeleteSegmentInput, { description: 'Which one.' }) input: DeleteSegmentInput,
    @Ctx() context: Context,
  ): Promise<typeof DeleteSegmentResult> {
    requireRole(context, 'OPERATOR');
    return orUserError(async () => {
      const segment = await context.services.segments.delete(context.viewer.workspaceId, input.segmentId);
      return Object.assign(new DeleteSegmentSuccess(), { deletedId: toGlobalId('Segment', segment.id) });
    });
  }
}

async function listSegments(args: SegmentListArgs, context: Context): Promise<Connection<SegmentType>> {
  const { workspaceId } = context.viewer;
  const filter = args.filter ?? {};
  // An id of another kind meets nothing: 0 is nobody's internal id.
  const destinationId =
    filter.destinationId == null ? null : (internalId(filter.destinationId, 'KinesisDestination') ?? 0);
  const request = {
    workspaceId,
    filter: { search: filter.search ?? null, destinationId },
    orderBy: args.orderBy ?? ('NAME_ASC' as const),
  };
  const page = await context.loaders.segments.page(workspaceId, request, toPageRequest(args));
  return toConnection(page, toSegmentType, () => context.loaders.segments.count(workspaceId, request));
}
