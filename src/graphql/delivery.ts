/** Deliveries in the schema: the type, and reading its lists. */

import { Ctx, Field, Float, Int, ObjectType } from 'type-graphql';
import { type Delivery, type DeliveryOrigin, type DeliveryOutcome, recordIdOf } from '../domain/delivery.js';
import { fromCauseKey } from '../domain/delivery-cause.js';
import { toGlobalId } from '../domain/global-id.js';
import type { DeliveryFilter, DeliveryScope } from '../storage/deliveries.js';
import { ActivationType, findActivationType } from './activation.js';
import { type Connection, createConnection, toConnection, toPageRequest } from './connection.js';
import type { Context } from './context.js';
import { DeliveryCauseType } from './delivery-cause.js';
import {
  type DeliveryFilterInput,
  type DeliveryListArgs,
  DeliveryOriginEnum,
  DeliveryOutcomeEnum,
} from './delivery-list.js';
import { getDestination } from './delivery-target.js';
import { DestinationInterface } from './destination.js';
import { DeliveryCodeEnum, ErrorCodeType, toErrorCode } from './error-code.js';
import { ExportType, listExportTypes } from './export.js';
import { NodeType } from './node.js';
import { ProfileType, toProfileType } from './profile.js';
import { requestedId } from './requested-id.js';
import { BigIntScalar, DateTimeScalar } from './scalars.js';

/** GraphQL type `Delivery`. */
@ObjectType('Delivery', { implements: NodeType, description: 'The fate of one record.' })
export class DeliveryType extends NodeType {
  /** As it is stored. */
  row!: Delivery;

  @Field(() => ActivationType, { nullable: true, description: 'Whose record; null once it was deleted.' })
  activation(@Ctx() context: Context): Promise<ActivationType | null> {
    return findActivationType(this.row.activationId, context);
  }

  @Field(() => Int, { description: 'How often it was put into a PutRecords call; 0 if skipped.' })
  attempts(): number {
    return this.row.attempts;
  }

  @Field(() => DeliveryCodeEnum, {
    nullable: true,
    description: 'Why it failed or was skipped; null if delivered.',
  })
  code(): string | null {
    return this.row.code;
  }

  @Field(() => DateTimeScalar, { description: 'When its fate was put on the books.' })
  committedAt(): Date {
    return this.row.committedAt;
  }

  @Field(() => DestinationInterface, { description: 'Where it went.' })
  destination(@Ctx() context: Context): Promise<DestinationInterface> {
    return getDestination(this.row.destinationId, context);
  }

  @Field(() => [ExportType], {
    description:
      'The exports that it settles; empty for live delivery alone. Reasons that wait for the same profile become one record.',
  })
  exports(@Ctx() context: Context): Promise<ExportType[]> {
    return listExportTypes(this.row.exportIds, context);
  }

  @Field(() => [DeliveryCauseType], {
    description: 'The changes that it delivers, at most 50; empty for exports of members.',
  })
  causes(): DeliveryCauseType[] {
    return this.row.causes.map((key) => Object.assign(new DeliveryCauseType(), fromCauseKey(key)));
  }

  @Field(() => Float, {
    nullable: true,
    description:
      'From the commit of the change (in exports: from the start of the page) to the acknowledgement, in ms; null unless delivered.',
  })
  latencyMs(): number | null {
    return this.row.latencyMs;
  }

  @Field(() => DeliveryOriginEnum, { description: 'Why it was built; LIVE if a change is among the reasons.' })
  origin(): DeliveryOrigin {
    return this.row.origin;
  }

  @Field(() => DeliveryOutcomeEnum, { description: 'What became of it.' })
  outcome(): DeliveryOutcome {
    return this.row.outcome;
  }

  @Field(() => Boolean, { description: 'Whether it may be in the stream twice.' })
  possibleDuplicate(): boolean {
    return this.row.possibleDuplicate;
  }

  @Field(() => ProfileType, { nullable: true, description: 'The profile; null once it was erased.' })
  async profile(@Ctx() context: Context): Promise<ProfileType | null> {
    const profile = await context.loaders.profileById.load(this.row.profileKey);
    return profile && toProfileType(profile);
  }

  @Field(() => String, {
    nullable: true,
    description: "The customer's id of the profile; null once it was erased.",
  })
  profileId(): string | null {
    return this.row.profileId;
  }

  @Field(() => ErrorCodeType, { nullable: true, description: 'Catalogue entry of `code`; null without a code.' })
  reason(): ErrorCodeType | null {
    return this.row.code === null ? null : toErrorCode(this.row.code);
  }

  @Field(() => String, {
    nullable: true,
    description: 'Same for every copy of this record, so that a consumer can drop duplicates; null if skipped.',
  })
  recordId(): string | null {
    return recordIdOf(this.row);
  }

  @Field(() => BigIntScalar, {
    description:
      "The profile's revision that it was built from: a consumer drops what is lower than what it has of the same profile and activation.",
  })
  sequence(): number {
    return this.row.sequence;
  }

  @Field(() => String, { nullable: true, description: "Kinesis's number of the record; null unless delivered." })
  sequenceNumber(): string | null {
    return this.row.sequenceNumber;
  }

  @Field(() => String, { nullable: true, description: "Kinesis's shard; null unless delivered." })
  shardId(): string | null {
    return this.row.shardId;
  }

  @Field(() => BigIntScalar, { nullable: true, description: 'Bytes of data and partition key; null if skipped.' })
  sizeBytes(): number | null {
    return this.row.sizeBytes;
  }
}

/** GraphQL type `DeliveryConnection`. */
export const DeliveryConnectionType = createConnection<DeliveryType>(() => DeliveryType, {
  name: 'Delivery',
  plural: 'deliveries',
});

/** Shapes a delivery for the schema. */
export function toDeliveryType(row: Delivery): DeliveryType {
  return Object.assign(new DeliveryType(), { id: toGlobalId('Delivery', row.eventId, row.ordinal), row });
}

/** Lists the deliveries of what `parent` names by internal id. */
export async function listDeliveries(
  args: DeliveryListArgs,
  context: Context,
  parent: { scope: DeliveryScope; id: number },
): Promise<Connection<DeliveryType>> {
  const pageRequest = toPageRequest(args);
  const { after, before } = pageRequest;
  const request = {
    workspaceId: context.viewer.workspaceId,
    scope: parent.scope,
    filter: toDeliveryFilter(args.filter ?? {}),
    orderBy: args.orderBy ?? ('COMMITTED_AT_DESC' as const),
    bounds: { after, before },
  };
  return toConnection(await context.loaders.deliveries.page(parent.id, request, pageRequest), toDeliveryType);
}

function toDeliveryFilter(filter: DeliveryFilterInput): DeliveryFilter {
  const { activationId, destinationId, exportId, ...others } = filter;
  return {
    ...others,
    activationId: activationId == null ? null : requestedId(activationId, 'Activation'),
    destinationId: destinationId == null ? null : requestedId(destinationId, 'KinesisDestination'),
    exportId: exportId == null ? null : requestedId(exportId, 'Export'),
  };
}
