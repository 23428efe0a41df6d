/** Subscription `exportProgress`. */

import { Arg, Ctx, ID, Resolver, Root, Subscription } from 'type-graphql';
import type { ExportTick } from '../events/export-progress.js';
import type { Context } from './context.js';
import { ExportType, findExportType } from './export.js';
import { requestedId } from './requested-id.js';

/** Resolver of `exportProgress`. */
@Resolver()
export class ExportProgressSubscription {
  @Subscription(() => ExportType, {
    nullable: true,
    subscribe: ({ args, context }: { args: { exportId: string }; context: Context }) =>
      context.events.exportProgress({
        workspaceId: context.viewer.workspaceId,
        exportId: requestedId(args.exportId, 'Export'),
      }),
    description:
      'The newest state of an export: now, and after each change, at most 4 a second; completes when the export has finished. Null, once, if there is no such export.',
  })
  async exportProgress(
    @Root() tick: ExportTick,
    @Arg('exportId', () => ID, { description: 'Global id of the export.' }) exportId: string,
    @Ctx() context: Context,
  ): Promise<ExportType | null> {
    return tick.exists ? findExportType(requestedId(exportId, 'Export'), context) : null;
  }
}
