/** Exports in the schema: the type, and reading its lists. */

import { Args, Ctx, Field, Float, Int, ObjectType } from 'type-graphql';
import type { Export, ExportState, ExportTrigger } from '../domain/export.js';
import {
  countByCode,
  countBySegment,
  countOutcomes,
  type ExportNumbers,
  type OutcomeCounts,
  overallRate,
} from '../domain/export-numbers.js';
import { toGlobalId } from '../domain/global-id.js';
import type { ExportListRequest } from '../storage/exports.js';
import { ActivationType, findActivationType } from './activation.js';
import { type Connection, createCountedConnection, toConnection, toPageRequest } from './connection.js';
import type { Context } from './context.js';
import { DeliveryConnectionType, type DeliveryType, listDeliveries } from './delivery.js';
import { CodeCountType, DeliveryCountsType, toCodeCounts } from './delivery-counts.js';
import { LatencyType, toLatencyType } from './delivery-latency.js';
import { DeliveryListArgs } from './delivery-list.js';
import { getDestination } from './delivery-target.js';
import { DestinationInterface } from './destination.js';
import { type ExportListArgs, ExportStateEnum, ExportTriggerEnum } from './export-list.js';
import { ExportSegmentType, toExportSegmentType } from './export-segment.js';
import { FailedRecordConnectionType, listFailedRecords } from './failed-record.js';
import { FailedRecordListArgs } from './failed-record-list.js';
import { NodeType } from './node.js';
import { requestedId } from './requested-id.js';
import { BigIntScalar, DateTimeScalar } from './scalars.js';
import { ActorType, toActorType } from './viewer.js';

/** GraphQL type `Export`. */
@ObjectType('Export', {
  implements: [NodeType, DeliveryCountsType],
  description:
    'One bounded run over members of an activation. received = delivered + failed + skipped + pending, always.',
})
export class ExportType extends NodeType {
  /** As it is stored; its numbers are loaded when a field asks for them. */
  row!: Export;

  @Field(() => ActivationType, { nullable: true, description: 'Whose members; null once it was deleted.' })
  activation(@Ctx() context: Context): Promise<ActivationType | null> {
    return findActivationType(this.row.activationId, context);
  }

  @Field(() => BigIntScalar, { description: 'Records put into PutRecords calls, repeats included.' })
  attempts(@Ctx() context: Context): Promise<number> {
    return this.#count('attempts', context);
  }

  @Field(() => BigIntScalar, { description: 'Bytes delivered, partition keys included.' })
  bytes(@Ctx() context: Context): Promise<number> {
    return this.#count('bytes', context);
  }

  @Field(() => [CodeCountType], { description: 'Failures and skips by code, most first.' })
  async codes(@Ctx() context: Context): Promise<CodeCountType[]> {
    return toCodeCounts(countByCode((await this.#numbers(context)).counters));
  }

  @Field(() => DateTimeScalar, { description: 'When it was started.' })
  createdAt(): Date {
    return this.row.createdAt;
  }

  @Field(() => ActorType, { description: 'Who started it.' })
  createdBy(): ActorType {
    return toActorType(this.row.createdBy);
  }

  @Field(() => BigIntScalar, { description: 'Profiles delivered.' })
  delivered(@Ctx() context: Context): Promise<number> {
    return this.#outcome('delivered', context);
  }

  @Field(() => DeliveryConnectionType, { description: 'The fate of its records, newest first by default.' })
  deliveries(
    @Args(() => DeliveryListArgs) args: DeliveryListArgs,
    @Ctx() context: Context,
  ): Promise<Connection<DeliveryType>> {
    return listDeliveries(args, context, { scope: 'export', id: this.row.id });
  }

  @Field(() => DestinationInterface, { description: 'Where its records go.' })
  destination(@Ctx() context: Context): Promise<DestinationInterface> {
    return getDestination(this.row.destinationId, context);
  }

  @Field(() => BigIntScalar, {
    description: 'Profiles given up on; a later retry does not lower it (see `recovered`).',
  })
  failed(@Ctx() context: Context): Promise<number> {
    return this.#outcome('failed', context);
  }

  @Field(() => FailedRecordConnectionType, { description: 'Its failed records.' })
  failedRecords(
    @Args(() => FailedRecordListArgs) args: FailedRecordListArgs,
    @Ctx() context: Context,
  ): Promise<FailedRecordConnectionType> {
    return listFailedRecords(args, context, { scope: 'export', id: this.row.id });
  }

  @Field(() => DateTimeScalar, { nullable: true, description: 'When its last profile was settled; null until then.' })
  finishedAt(): Date | null {
    return this.row.finishedAt;
  }

  @Field(() => LatencyType, { nullable: true, description: 'Latency of what it delivered; null if nothing was.' })
  async latency(@Ctx() context: Context): Promise<LatencyType | null> {
    return toLatencyType((await this.#numbers(context)).counters);
  }

  @Field(() => Int, {
    nullable: true,
    description: 'Most records sent a second; null means no limit of its own.',
  })
  maxRecordsPerSecond(): number | null {
    return this.row.maxRecordsPerSecond;
  }

  @Field(() => Int, {
    description: 'Due times that were missed while the server was down and that this one stands for.',
  })
  missedRuns(): number {
    return this.row.missedRuns;
  }

  @Field(() => Boolean, {
    description: 'Whether it waits because its activation is paused or its destination disabled.',
  })
  paused(): boolean {
    return this.row.paused;
  }

  @Field(() => BigIntScalar, { description: 'Profiles not settled yet.' })
  pending(@Ctx() context: Context): Promise<number> {
    return this.#outcome('pending', context);
  }

  @Field(() => BigIntScalar, {
    description: 'Delivered after an attempt whose outcome is unknown: they may be in the stream twice.',
  })
  possibleDuplicates(@Ctx() context: Context): Promise<number> {
    return this.#count('possibleDuplicates', context);
  }

  @Field(() => BigIntScalar, {
    description: 'Profiles in it, each once: grows while PREPARING, fixed from then on.',
  })
  received(@Ctx() context: Context): Promise<number> {
    return this.#outcome('received', context);
  }

  @Field(() => Float, {
    description: 'Records delivered a second: over the last 10 s while it runs, over all of it when finished.',
  })
  async recordsPerSecond(@Ctx() context: Context): Promise<number> {
    if (this.row.finishedAt) return overallRate(this.row, await this.#outcome('delivered', context));
    const recent = await context.loaders.recentDeliveries.load(this.row.id);
    return recent.delivered / recent.seconds;
  }

  @Field(() => BigIntScalar, { description: 'Of `failed`, how many a later retry delivered.' })
  recovered(@Ctx() context: Context): Promise<number> {
    return this.#count('recovered', context);
  }

  @Field(() => [ExportSegmentType], {
    description: 'Its numbers by segment, 0–250; a profile counts in each of its segments.',
  })
  async segments(@Ctx() context: Context): Promise<ExportSegmentType[]> {
    return countBySegment(this.row, (await this.#numbers(context)).counters).map(toExportSegmentType);
  }

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'Only what changed (REPLAY: was delivered) at this time or later; null if not limited.',
  })
  since(): Date | null {
    return this.row.since;
  }

  @Field(() => BigIntScalar, { description: 'Profiles not sent, by rule.' })
  skipped(@Ctx() context: Context): Promise<number> {
    return this.#outcome('skipped', context);
  }

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When sending began: its audience was listed; null until then.',
  })
  startedAt(): Date | null {
    return this.row.startedAt;
  }

  @Field(() => ExportStateEnum, { description: 'How far it is.' })
  state(): ExportState {
    return this.row.state;
  }

  @Field(() => ExportTriggerEnum, { description: 'Why it was started.' })
  trigger(): ExportTrigger {
    return this.row.trigger;
  }

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'REPLAY: only what was delivered before this time; null otherwise.',
  })
  until(): Date | null {
    return this.row.until;
  }

  #numbers(context: Context): Promise<ExportNumbers> {
    return context.loaders.exportNumbers.load(this.row.id);
  }

  async #outcome(name: keyof OutcomeCounts, context: Context): Promise<number> {
    return countOutcomes(await this.#numbers(context))[name];
  }

  async #count(name: string, context: Context): Promise<number> {
    return (await this.#numbers(context)).counters[name] ?? 0;
  }
}

/** GraphQL type `ExportConnection`. */
export const ExportConnectionType = createCountedConnection<ExportType>(() => ExportType, {
  name: 'Export',
  plural: 'exports',
});

/** Shapes an export for the schema. */
export function toExportType(row: Export): ExportType {
  return Object.assign(new ExportType(), { id: toGlobalId('Export', row.id), row });
}

/** Reads an export by internal id; null if it is not kept any more. */
export async function findExportType(id: number, context: Context): Promise<ExportType | null> {
  const row = await context.loaders.exportById.load(id);
  return row && toExportType(row);
}

/** Reads exports by internal id; those that are not kept any more are left out. */
export async function listExportTypes(ids: readonly number[], context: Context): Promise<ExportType[]> {
  const rows = await Promise.all(ids.map((id) => context.loaders.exportById.load(id)));
  return rows.flatMap((row) => (row ? [toExportType(row)] : []));
}

/** Lists the exports of a workspace, destination or activation, named by internal id. */
export async function listExports(
  args: ExportListArgs,
  context: Context,
  parent: { scope: ExportListRequest['scope']; id: number },
): Promise<Connection<ExportType>> {
  const { activationId, destinationId, states = null, triggers = null, from = null, to = null } = args.filter ?? {};
  const request = {
    workspaceId: context.viewer.workspaceId,
    scope: parent.scope,
    filter: {
      activationId: activationId == null ? null : requestedId(activationId, 'Activation'),
      destinationId: destinationId == null ? null : requestedId(destinationId, 'KinesisDestination'),
      states,
      triggers,
      from,
      to,
    },
    orderBy: args.orderBy ?? ('CREATED_AT_DESC' as const),
  };
  const { exports } = context.loaders;
  const page = await exports.page(parent.id, request, toPageRequest(args));
  return toConnection(page, toExportType, () => exports.count(parent.id, request));
}
