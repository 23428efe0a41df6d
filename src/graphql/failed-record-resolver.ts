/** Queries and mutations of failed records. */

import { Arg, Args, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';
import { type Context, requireRole } from './context.js';
import { orUserError } from './errors.js';
import { toExportType } from './export.js';
import {
  FailedRecordConnectionType,
  FailedRecordType,
  listFailedRecords,
  toFailedRecordChoice,
  toFailedRecordType,
} from './failed-record.js';
import { FailedRecordListArgs } from './failed-record-list.js';
import {
  DiscardFailedRecordsInput,
  DiscardFailedRecordsResult,
  DiscardFailedRecordsSuccess,
  RetryFailedRecordsInput,
  RetryFailedRecordsResult,
  RetryFailedRecordsSuccess,
} from './failed-record-mutations.js';
import { requestedId } from './requested-id.js';

/** Resolver of failed records. */
@Resolver()
export class FailedRecordResolver {
  @Query(() => FailedRecordType, { nullable: true, description: 'One failed record; null if there is none.' })
  async failedRecord(
    @Arg('id', () => ID, { description: 'Global id.' }) id: string,
    @Ctx() context: Context,
  ): Promise<FailedRecordType | null> {
    const row = await context.loaders.failedRecordById.load(requestedId(id, 'FailedRecord'));
    return row && toFailedRecordType(row);
  }

  @Query(() => FailedRecordConnectionType, { description: "The workspace's failed records." })
  failedRecords(
    @Args(() => FailedRecordListArgs) args: FailedRecordListArgs,
    @Ctx() context: Context,
  ): Promise<FailedRecordConnectionType> {
    return listFailedRecords(args, context, { scope: 'workspace', id: context.viewer.workspaceId });
  }

  @Mutation(() => RetryFailedRecordsResult, {
    description:
      'Exports again, in their present state, the profiles of the open failed records under a filter; who is no longer a member or erased is skipped with the reason. Role: OPERATOR. InvalidInputError: no filter, or RECORD_NOT_OPEN for one of `ids`. InvalidStateError: DESTINATION_DISABLED or ACTIVATION_PAUSED. ConflictError: IDEMPOTENCY_KEY_REUSED.',
  })
  retryFailedRecords(
    @Arg('input', () => RetryFailedRecordsInput, { description: 'Which ones.' }) input: RetryFailedRecordsInput,
    @Ctx() context: Context,
  ): Promise<typeof RetryFailedRecordsResult> {
    requireRole(context, 'OPERATOR');
    return orUserError(async () => {
      const request = { ...input, filter: toFailedRecordChoice(input.filter) };
      const { exports, retried } = await context.services.failedRecordDecisions.retry(context.viewer, request);
      return Object.assign(new RetryFailedRecordsSuccess(), { exports: exports.map(toExportType), retried });
    });
  }

  @Mutation(() => DiscardFailedRecordsResult, {
    description:
      'Gives up the open failed records under a filter: from failed they turn to skipped, with code FAILED_RECORD_DISCARDED. Role: OPERATOR. InvalidInputError: no filter, or RECORD_NOT_OPEN for one of `ids`.',
  })
  discardFailedRecords(
    @Arg('input', () => DiscardFailedRecordsInput, { description: 'Which ones.' }) input: DiscardFailedRecordsInput,
    @Ctx() context: Context,
  ): Promise<typeof DiscardFailedRecordsResult> {
    requireRole(context, 'OPERATOR');
    return orUserError(async () => {
      const filter = toFailedRecordChoice(input.filter);
      const discarded = await context.services.failedRecordDecisions.discard(context.viewer, filter);
      return Object.assign(new DiscardFailedRecordsSuccess(), { discarded });
    });
  }
}
