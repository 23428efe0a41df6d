/**
 * What destinations of every kind have in common, but for the fields that lead to other types: those are in
 * destination-field-resolver.ts, since modules must not go in circles (a kind's class extends this one on loading).
 */

import { Args, Ctx, Field, Int, InterfaceType } from 'type-graphql';
import type { Destination } from '../domain/destination.js';
import { encodeEventCursor } from '../events/event-cursor.js';
import type { Context } from './context.js';
import { DestinationHealthType, toDestinationHealthType } from './destination-health.js';
import { DestinationTestType, toDestinationTestType } from './destination-test.js';
import { DestinationTypeType, toDestinationTypeType } from './destination-type.js';
import { NodeType } from './node.js';
import { BigIntScalar, DateTimeScalar } from './scalars.js';
import { readStatistics, StatisticsArgs, StatisticsType } from './statistics.js';

/** GraphQL interface `Destination`. */
@InterfaceType('Destination', { implements: NodeType, description: 'One configured target.' })
export abstract class DestinationInterface extends NodeType {
  /** As it is stored. */
  row!: Destination;

  @Field(() => DateTimeScalar, { description: 'When it was created.' })
  createdAt(): Date {
    return this.row.createdAt;
  }

  @Field(() => String, { nullable: true, description: 'Description; null if none was given.' })
  description(): string | null {
    return this.row.description;
  }

  @Field(() => Boolean, { description: 'Whether it may deliver.' })
  enabled(): boolean {
    return this.row.enabled;
  }

  @Field(() => String, {
    description:
      'Cursor for `deliveryEvents`, taken before the rest of this answer was read: nothing that comes after it is missed.',
  })
  eventCursor(): string {
    return encodeEventCursor({ destinationId: this.row.id, positions: this.row.positions });
  }

  @Field(() => DestinationHealthType, { description: 'Whether it works, and if not, why and what to do.' })
  health(): DestinationHealthType {
    return toDestinationHealthType(this.row.health);
  }

  @Field(() => DestinationTestType, {
    nullable: true,
    description: 'The newest test with these settings; null if there was none.',
  })
  lastTest(): DestinationTestType | null {
    return this.row.lastTest && toDestinationTestType(this.row.lastTest);
  }

  @Field(() => String, { description: 'Name.' })
  name(): string {
    return this.row.name;
  }

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When the oldest pending record came to wait; null if none waits.',
  })
  async oldestPendingAt(@Ctx() context: Context): Promise<Date | null> {
    return (await context.loaders.backlog.load(this.row.id)).oldestPendingAt;
  }

  @Field(() => BigIntScalar, { description: 'Records that wait now: live changes and members of exports.' })
  async pending(@Ctx() context: Context): Promise<number> {
    return (await context.loaders.backlog.load(this.row.id)).pending;
  }

  @Field(() => StatisticsType, { description: 'What was delivered, in time buckets.' })
  statistics(@Args(() => StatisticsArgs) args: StatisticsArgs, @Ctx() context: Context): Promise<StatisticsType> {
    return readStatistics(args, context, { scope: 'destination', id: this.row.id });
  }

  @Field(() => DestinationTypeType, { description: 'Its entry in the catalogue.' })
  type(@Ctx() context: Context): DestinationTypeType {
    return toDestinationTypeType(this.row.kind, context);
  }

  @Field(() => DateTimeScalar, { description: 'When its settings last changed.' })
  updatedAt(): Date {
    return this.row.updatedAt;
  }

  @Field(() => Int, { description: 'Grows with each change of its settings; hand it back as `expectedVersion`.' })
  version(): number {
    return this.row.version;
  }
}
