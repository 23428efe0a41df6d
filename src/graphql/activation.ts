/** Activations in the schema: the type, and reading its lists. */

import { Args, Ctx, Field, Int, ObjectType } from 'type-graphql';
import type { Activation, ActivationState } from '../domain/activation.js';
import { toGlobalId } from '../domain/global-id.js';
import type { ChangeDetection } from '../domain/trigger.js';
import type { ActivationListRequest } from '../storage/activations.js';
import { type ActivationListArgs, ActivationStateEnum, ChangeDetectionEnum } from './activation-list.js';
import { type Connection, createCountedConnection, toConnection, toPageRequest } from './connection.js';
import type { Context } from './context.js';
import { DeliveryConnectionType, type DeliveryType, listDeliveries } from './delivery.js';
import { DeliveryListArgs } from './delivery-list.js';
import { getDestination } from './delivery-target.js';
import { DestinationInterface } from './destination.js';
import { ExportConnectionType, type ExportType, listExports } from './export.js';
import { ExportListArgs } from './export-list.js';
import { FailedRecordConnectionType, listFailedRecords } from './failed-record.js';
import { FailedRecordListArgs } from './failed-record-list.js';
import { NodeType } from './node.js';
import { requestedId } from './requested-id.js';
import { BigIntScalar, DateTimeScalar } from './scalars.js';
import { ScheduleType, toScheduleType } from './schedule.js';
import { SegmentType, toSegmentType } from './segment.js';
import { readStatistics, StatisticsArgs, StatisticsType } from './statistics.js';

/** GraphQL type `ActivationSegment`. */
@ObjectType('ActivationSegment', { description: 'A segment in an activation.' })
export class ActivationSegmentType {
  /** Internal id of the segment. */
  segmentKey!: number;

  @Field(() => DateTimeScalar, { description: 'When it was added; records with timestamps carry it.' })
  mappingCreatedAt!: Date;

  @Field(() => DateTimeScalar, { description: 'When its mapping last changed; records with timestamps carry it.' })
  mappingUpdatedAt!: Date;

  @Field(() => SegmentType, { description: 'The segment.' })
  async segment(@Ctx() context: Context): Promise<SegmentType> {
    const segment = await context.loaders.segmentById.load(this.segmentKey);
    if (segment) return toSegmentType(segment);
    throw new Error(`Segment ${this.segmentKey} was unmapped and deleted while its activation was read.`);
  }
}

/** GraphQL type `Activation`. */
@ObjectType('Activation', {
  implements: NodeType,
  description: 'The standing order: these segments, these attributes, to this destination.',
})
export class ActivationType extends NodeType {
  /** Internal ids. */
  key!: number;
  destinationKey!: number;

  @Field(() => [String], { description: 'Dot paths of the attributes that records hold, at most 100.' })
  attributes!: string[];

  @Field(() => ChangeDetectionEnum, {
    description: 'Whether writing an equal value to a mapped attribute triggers a delivery.',
  })
  changeDetection!: ChangeDetection;

  @Field(() => DateTimeScalar, { description: 'When it was created.' })
  createdAt!: Date;

  @Field(() => DeliveryConnectionType, { description: 'The fate of its records, newest first by default.' })
  deliveries(
    @Args(() => DeliveryListArgs) args: DeliveryListArgs,
    @Ctx() context: Context,
  ): Promise<Connection<DeliveryType>> {
    return listDeliveries(args, context, { scope: 'activation', id: this.key });
  }

  @Field(() => DestinationInterface, { description: 'Where its records go.' })
  destination(@Ctx() context: Context): Promise<DestinationInterface> {
    return getDestination(this.destinationKey, context);
  }

  @Field(() => ExportConnectionType, { description: 'Its exports.' })
  exports(@Args(() => ExportListArgs) args: ExportListArgs, @Ctx() context: Context): Promise<Connection<ExportType>> {
    return listExports(args, context, { scope: 'activation', id: this.key });
  }

  @Field(() => FailedRecordConnectionType, { description: 'Its failed records.' })
  failedRecords(
    @Args(() => FailedRecordListArgs) args: FailedRecordListArgs,
    @Ctx() context: Context,
  ): Promise<FailedRecordConnectionType> {
    return listFailedRecords(args, context, { scope: 'activation', id: this.key });
  }

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When the oldest pending record came to wait; null if none waits.',
  })
  async oldestPendingAt(@Ctx() context: Context): Promise<Date | null> {
    return (await context.loaders.activationBacklog.load(this.key)).oldestPendingAt;
  }

  @Field(() => BigIntScalar, { description: 'Records that wait now: live changes and members of exports.' })
  async pending(@Ctx() context: Context): Promise<number> {
    return (await context.loaders.activationBacklog.load(this.key)).pending;
  }

  @Field(() => ScheduleType, { nullable: true, description: 'When it exports by itself; null if never.' })
  schedule!: ScheduleType | null;

  @Field(() => [ActivationSegmentType], { description: 'Its segments in the order of their mapping, 1–250.' })
  async segments(@Ctx() context: Context): Promise<ActivationSegmentType[]> {
    const mappings = await context.loaders.mappings.load(this.key);
    return mappings.map(({ segmentId, mappingCreatedAt, mappingUpdatedAt }) =>
      Object.assign(new ActivationSegmentType(), { segmentKey: segmentId, mappingCreatedAt, mappingUpdatedAt }),
    );
  }

  @Field(() => ActivationStateEnum, { description: 'Whether it delivers.' })
  state!: ActivationState;

  @Field(() => StatisticsType, { description: 'What was delivered, in time buckets.' })
  statistics(@Args(() => StatisticsArgs) args: StatisticsArgs, @Ctx() context: Context): Promise<StatisticsType> {
    return readStatistics(args, context, { scope: 'activation', id: this.key });
  }

  @Field(() => DateTimeScalar, { description: 'When it last changed.' })
  updatedAt!: Date;

  @Field(() => Int, {
    description: 'Grows with each change of its settings, not with `state`; hand it back as `expectedVersion`.',
  })
  version!: number;
}

/** GraphQL type `ActivationConnection`. */
export const ActivationConnectionType = createCountedConnection<ActivationType>(() => ActivationType, {
  name: 'Activation',
  plural: 'activations',
});

/** Shapes an activation for the schema. */
export function toActivationType(activation: Activation): ActivationType {
  const { id, destinationId, attributes, changeDetection, state, version, createdAt, updatedAt } = activation;
  return Object.assign(new ActivationType(), {
    id: toGlobalId('Activation', id),
    key: id,
    destinationKey: destinationId,
    attributes,
    changeDetection,
    schedule: toScheduleType(activation, new Date()),
    state,
    version,
    createdAt,
    updatedAt,
  });
}

/** Reads an activation by internal id; null once it was deleted. */
export async function findActivationType(id: number, context: Context): Promise<ActivationType | null> {
  const activation = await context.loaders.activationById.load(id);
  return activation && toActivationType(activation);
}

/** Lists the activations of a workspace, destination or segment, named by internal id. */
export async function listActivations(
  args: ActivationListArgs,
  context: Context,
  parent: { scope: ActivationListRequest['scope']; id: number },
): Promise<Connection<ActivationType>> {
  const { destinationId, segmentId = null, states = null } = args.filter ?? {};
  const request = {
    workspaceId: context.viewer.workspaceId,
    scope: parent.scope,
    filter: {
      destinationId: destinationId == null ? null : requestedId(destinationId, 'KinesisDestination'),
      segmentId,
      states,
    },
    orderBy: args.orderBy ?? ('CREATED_AT_DESC' as const),
  };
  const { activations } = context.loaders;
  const page = await activations.page(parent.id, request, toPageRequest(args));
  return toConnection(page, toActivationType, () => activations.count(parent.id, request));
}
