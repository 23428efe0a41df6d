/** The delivery event about records: what one page's commit did. */

import { Args, ArgsType, Ctx, Field, ObjectType } from 'type-graphql';
import type { DeliveryOrigin } from '../domain/delivery.js';
import type { DeliveryOrderName } from '../storage/deliveries.js';
import type { CommittedDeliveries } from '../storage/event-tail.js';
import { ActivationType, findActivationType } from './activation.js';
import type { Connection } from './connection.js';
import type { Context } from './context.js';
import { DeliveryConnectionType, type DeliveryType, listDeliveries } from './delivery.js';
import { CodeCountType, DeliveryCountsType, toCodeCounts } from './delivery-counts.js';
import { DeliveryEventType } from './delivery-event.js';
import { DeliveryListArgs, DeliveryOrderEnum, DeliveryOriginEnum } from './delivery-list.js';
import { ExportType, findExportType } from './export.js';
import { BigIntScalar } from './scalars.js';

/** GraphQL type `ExportDeliveries`. */
@ObjectType('ExportDeliveries', { description: 'What one page settled of one export.' })
export class ExportDeliveriesType {
  /** Internal id. */
  exportKey!: number;

  @Field(() => BigIntScalar, { description: 'Profiles delivered.' })
  delivered!: number;

  @Field(() => ExportType, { nullable: true, description: 'The export as it is now; null if it is not kept any more.' })
  export(@Ctx() context: Context): Promise<ExportType | null> {
    return findExportType(this.exportKey, context);
  }

  @Field(() => BigIntScalar, { description: 'Profiles given up on.' })
  failed!: number;

  @Field(() => BigIntScalar, { description: 'Profiles not sent, by rule.' })
  skipped!: number;
}

/** Arguments of an event's deliveries: oldest first, as they went. */
@ArgsType()
class EventDeliveryArgs extends DeliveryListArgs {
  @Field(() => DeliveryOrderEnum, {
    nullable: true,
    defaultValue: 'COMMITTED_AT_ASC',
    description: 'Order; null means the default.',
  })
  override orderBy?: DeliveryOrderName | null = 'COMMITTED_AT_ASC';
}

/** GraphQL type `DeliveriesCommitted`. */
@ObjectType('DeliveriesCommitted', {
  implements: [DeliveryEventType, DeliveryCountsType],
  description: "The results of one activation's records in one page (at most 500), committed together.",
})
export class DeliveriesCommittedType extends DeliveryEventType {
  /** As it is stored. */
  row!: CommittedDeliveries;

  @Field(() => ActivationType, { nullable: true, description: 'Whose records; null once it was deleted.' })
  activation(@Ctx() context: Context): Promise<ActivationType | null> {
    return findActivationType(this.row.activationId, context);
  }

  @Field(() => BigIntScalar, { description: 'Records put into PutRecords calls, repeats included.' })
  attempts(): number {
    return this.row.attempts;
  }

  @Field(() => BigIntScalar, { description: 'Bytes delivered, partition keys included.' })
  bytes(): number {
    return this.row.bytes;
  }

  @Field(() => [CodeCountType], { description: 'Failures, skips and deferrals by code, most first.' })
  codes(): CodeCountType[] {
    return toCodeCounts(this.row.codes);
  }

  @Field(() => String, { description: 'Position right after this event: hand the newest one back as `after`.' })
  override cursor = '';

  @Field(() => BigIntScalar, { description: 'Put back to go again by themselves; not settled.' })
  deferred(): number {
    return this.row.deferred;
  }

  @Field(() => BigIntScalar, { description: 'Delivered: in the stream, with shard and sequence number.' })
  delivered(): number {
    return this.row.delivered;
  }

  @Field(() => DeliveryConnectionType, { description: 'The settled records of the page.' })
  deliveries(
    @Args(() => EventDeliveryArgs) args: EventDeliveryArgs,
    @Ctx() context: Context,
  ): Promise<Connection<DeliveryType>> {
    const ordered = { ...args, orderBy: args.orderBy ?? ('COMMITTED_AT_ASC' as const) };
    return listDeliveries(ordered, context, { scope: 'event', id: this.row.id });
  }

  @Field(() => [ExportDeliveriesType], {
    description: 'What of it settles exports, each on its own; empty for live delivery alone.',
  })
  exports(): ExportDeliveriesType[] {
    const { delivered, failed, skipped, exportIds } = this.row;
    // A row holds records of the same exports: each of them settles all of it.
    return exportIds.map((exportKey) =>
      Object.assign(new ExportDeliveriesType(), { exportKey, delivered, failed, skipped }),
    );
  }

  @Field(() => BigIntScalar, { description: 'Given up on, kept as failed records.' })
  failed(): number {
    return this.row.failed;
  }

  @Field(() => [DeliveryOriginEnum], { description: 'Why the records were built, each origin once.' })
  origins(): DeliveryOrigin[] {
    return [this.row.origin];
  }

  @Field(() => BigIntScalar, {
    description: 'Delivered after an attempt whose outcome is unknown: they may be in the stream twice.',
  })
  possibleDuplicates(): number {
    return this.row.possibleDuplicates;
  }

  @Field(() => BigIntScalar, { description: 'Not sent, by rule.' })
  skipped(): number {
    return this.row.skipped;
  }
}
