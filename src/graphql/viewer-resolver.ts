/** Query of the caller. */

import { Ctx, Query, Resolver } from 'type-graphql';
import type { Context } from './context.js';
import { toViewerType, ViewerType } from './viewer.js';

/** Resolver of the caller. */
@Resolver()
export class ViewerResolver {
  @Query(() => ViewerType, { description: 'The caller: identity, role, workspace.' })
  viewer(@Ctx() context: Context): ViewerType {
    return toViewerType(context.viewer);
  }
}
