/** Queries and mutations of exports. */

import { Arg, Args, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';
import type { Connection } from './connection.js';
import { type Context, requireRole } from './context.js';
import { orUserError } from './errors.js';
import { ExportConnectionType, ExportType, findExportType, listExports, toExportType } from './export.js';
import { ExportListArgs } from './export-list.js';
import {
  CancelExportInput,
  CancelExportResult,
  CancelExportSuccess,
  TriggerExportInput,
  TriggerExportResult,
  TriggerExportSuccess,
} from './export-mutations.js';
import { requestedId } from './requested-id.js';

/** Resolver of exports. */
@Resolver()
export class ExportResolver {
  @Query(() => ExportType, { nullable: true, description: 'One export; null if there is none.' })
  export(
    @Arg('id', () => ID, { description: 'Global id.' }) id: string,
    @Ctx() context: Context,
  ): Promise<ExportType | null> {
    return findExportType(requestedId(id, 'Export'), context);
  }

  @Query(() => ExportConnectionType, { description: "The workspace's exports." })
  exports(@Args(() => ExportListArgs) args: ExportListArgs, @Ctx() context: Context): Promise<Connection<ExportType>> {
    return listExports(args, context, { scope: 'workspace', id: context.viewer.workspaceId });
  }

  @Mutation(() => TriggerExportResult, {
    description:
      'Exports the present members of an activation, of some of its segments, or named profiles. Role: OPERATOR. InvalidInputError. InvalidStateError: DESTINATION_DISABLED or ACTIVATION_PAUSED. ConflictError: IDEMPOTENCY_KEY_REUSED.',
  })
  triggerExport(
    @Arg('input', () => TriggerExportInput, { description: 'What to export.' }) input: TriggerExportInput,
    @Ctx() context: Context,
  ): Promise<typeof TriggerExportResult> {
    requireRole(context, 'OPERATOR');
    return orUserError(async () => {
      const request = { ...input, activationId: requestedId(input.activationId, 'Activation') };
      const started = await context.services.exportRequests.trigger(context.viewer, request);
      return Object.assign(new TriggerExportSuccess(), { export: toExportType(started) });
    });
  }

  @Mutation(() => CancelExportResult, {
    description:
      'Cancels an export: nothing of it is sent later than 10 s after the answer, and what is pending is skipped with code EXPORT_CANCELED; no effect while CANCELING. Role: OPERATOR. NotFoundError. InvalidStateError: EXPORT_FINISHED.',
  })
  cancelExport(
    @Arg('input', () => CancelExportInput, { description: 'Which one.' }) input: CancelExportInput,
    @Ctx() context: Context,
  ): Promise<typeof CancelExportResult> {
    requireRole(context, 'OPERATOR');
    return orUserError(async () => {
      const id = requestedId(input.id, 'Export');
      const canceled = await context.services.exportRequests.cancel(context.viewer.workspaceId, id);
      return Object.assign(new CancelExportSuccess(), { export: toExportType(canceled) });
    });
  }
}
