/** Failed records in the schema: the type, and reading its lists. */

import { Ctx, Field, Int, ObjectType } from 'type-graphql';
import { chooseCodes, type FailedRecord, type FailedRecordState } from '../domain/failed-record.js';
import type { FailedRecordChoice } from '../domain/failed-record-decision.js';
import { toDownloadPath } from '../domain/failed-record-download.js';
import { internalId, toGlobalId } from '../domain/global-id.js';
import { RequestError } from '../domain/user-error.js';
import type { FailedRecordListRequest } from '../storage/failed-records.js';
import { ActivationType, findActivationType } from './activation.js';
import { createCountedConnection, toConnection, toPageRequest } from './connection.js';
import type { Context } from './context.js';
import { getDestination } from './delivery-target.js';
import { DestinationInterface } from './destination.js';
import { DeliveryCodeEnum, ErrorCodeType, toErrorCode } from './error-code.js';
import { ExportType, findExportType, listExportTypes } from './export.js';
import {
  type FailedRecordFilterInput,
  type FailedRecordListArgs,
  FailedRecordStateEnum,
} from './failed-record-list.js';
import { NodeType } from './node.js';
import { ProfileType, toProfileType } from './profile.js';
import { requestedId } from './requested-id.js';
import { BigIntScalar, DateTimeScalar } from './scalars.js';

/** GraphQL type `FailedRecord`. */
@ObjectType('FailedRecord', {
  implements: NodeType,
  description:
    "A record given up on. Its payload is not kept: a retry builds it anew from the profile's present state.",
})
export class FailedRecordType extends NodeType {
  /** As it is stored. */
  row!: FailedRecord;

  @Field(() => ActivationType, { nullable: true, description: 'Whose record; null once it was deleted.' })
  activation(@Ctx() context: Context): Promise<ActivationType | null> {
    return findActivationType(this.row.activationId, context);
  }

  @Field(() => Int, { description: 'How often it was put into a PutRecords call, retries included.' })
  attempts(): number {
    return this.row.attempts;
  }

  @Field(() => String, {
    nullable: true,
    description: "AWS's code, word for word; null if the record was never sent.",
  })
  awsCode(): string | null {
    return this.row.awsCode;
  }

  @Field(() => String, {
    nullable: true,
    description: "AWS's request id of the last attempt; null if the record was never sent.",
  })
  awsRequestId(): string | null {
    return this.row.awsRequestId;
  }

  @Field(() => DeliveryCodeEnum, { description: 'Why it failed, at the last attempt.' })
  code(): string {
    return this.row.code;
  }

  @Field(() => DestinationInterface, { description: 'Where it was to go.' })
  destination(@Ctx() context: Context): Promise<DestinationInterface> {
    return getDestination(this.row.destinationId, context);
  }

  @Field(() => [ExportType], {
    description: 'The exports in which it first failed; empty for live delivery alone.',
  })
  exports(@Ctx() context: Context): Promise<ExportType[]> {
    return listExportTypes(this.row.exportIds, context);
  }

  @Field(() => DateTimeScalar, { description: 'When it first failed.' })
  failedAt(): Date {
    return this.row.failedAt;
  }

  @Field(() => BigIntScalar, {
    nullable: true,
    description: "The stream's limit at that time, if it was too large; null otherwise.",
  })
  limitBytes(): number | null {
    return this.row.limitBytes;
  }

  @Field(() => String, { description: 'What happened to this record, in words; holds no payload.' })
  message(): string {
    return this.row.message;
  }

  @Field(() => ProfileType, { nullable: true, description: 'The profile; null once it was erased.' })
  async profile(@Ctx() context: Context): Promise<ProfileType | null> {
    const profile = await context.loaders.profileById.load(this.row.profileKey);
    return profile && toProfileType(profile);
  }

  @Field(() => String, { description: "The customer's id of the profile; empty once it was erased." })
  profileId(): string {
    return this.row.profileId;
  }

  @Field(() => ErrorCodeType, {
    description: 'Catalogue entry of `code`, with the remedy and whether a retry can help.',
  })
  reason(): ErrorCodeType {
    return toErrorCode(this.row.code);
  }

  @Field(() => ExportType, {
    nullable: true,
    description: 'The newest export that retried it; null if none did.',
  })
  retriedBy(@Ctx() context: Context): Promise<ExportType | null> {
    return this.row.retriedBy === null ? Promise.resolve(null) : findExportType(this.row.retriedBy, context);
  }

  @Field(() => BigIntScalar, { description: 'Bytes of data and partition key, at the last attempt.' })
  sizeBytes(): number {
    return this.row.sizeBytes;
  }

  @Field(() => FailedRecordStateEnum, { description: 'Whether it still waits for a decision.' })
  state(): FailedRecordState {
    return this.row.state;
  }
}

const FailedRecordPage = createCountedConnection<FailedRecordType>(() => FailedRecordType, {
  name: 'FailedRecord',
  plural: 'failed records',
});

/** GraphQL type `FailedRecordConnection`. */
@ObjectType('FailedRecordConnection', { description: 'A page of failed records.' })
export class FailedRecordConnectionType extends FailedRecordPage {
  @Field(() => String, {
    description:
      'Path on this server (GET, same authentication) of the whole list under its filter as NDJSON, one failed record a line.',
  })
  downloadPath!: string;
}

/** Shapes a failed record for the schema. */
export function toFailedRecordType(row: FailedRecord): FailedRecordType {
  return Object.assign(new FailedRecordType(), { id: toGlobalId('FailedRecord', row.id), row });
}

/** Reads a filter; ids that are malformed or of another kind are null in `ids`, and meet nothing elsewhere. */
export function toFailedRecordChoice(filter: FailedRecordFilterInput): FailedRecordChoice {
  const { activationId, destinationId, exportId, ids, codes, retryable, ...others } = filter;
  return {
    ...others,
    codes: chooseCodes(codes, retryable),
    activationId: activationId == null ? null : requestedId(activationId, 'Activation'),
    destinationId: destinationId == null ? null : requestedId(destinationId, 'KinesisDestination'),
    exportId: exportId == null ? null : requestedId(exportId, 'Export'),
    ids: ids == null ? null : ids.map((id) => internalId(id, 'FailedRecord')),
  };
}

const MAX_IDS = 500;

/**
 * Lists the failed records of a workspace, destination, activation or export, named by internal id.
 * @throws {RequestError} if the filter names none or more than 500 by id.
 */
export async function listFailedRecords(
  args: FailedRecordListArgs,
  context: Context,
  parent: { scope: FailedRecordListRequest['scope']; id: number },
): Promise<FailedRecordConnectionType> {
  const { ids, ...filter } = toFailedRecordChoice(args.filter ?? {});
  if (ids != null && (ids.length < 1 || ids.length > MAX_IDS))
    throw new RequestError('BAD_USER_INPUT', `\`filter.ids\` has ${ids.length} entries; give 1–${MAX_IDS}.`);
  const request = {
    workspaceId: context.viewer.workspaceId,
    scope: parent.scope,
    filter: { ...filter, ids: ids?.filter((id) => id !== null) ?? null },
    orderBy: args.orderBy ?? ('FAILED_AT_DESC' as const),
  };
  const { failedRecords } = context.loaders;
  const page = await failedRecords.page(parent.id, request, toPageRequest(args));
  const connection = toConnection(page, toFailedRecordType, () => failedRecords.count(parent.id, request));
  return { ...connection, downloadPath: toDownloadPath({ ...request, parentId: parent.id }) };
}
