/** Amazon Kinesis destinations in the schema. */

import { Field, ObjectType } from 'type-graphql';
import type { Destination, MembershipScope, MembershipStatuses } from '../domain/destination.js';
import { toGlobalId } from '../domain/global-id.js';
import type { Context } from './context.js';
import { DestinationInterface } from './destination.js';
import { createEnum } from './enums.js';
import { NodeType } from './node.js';

/** GraphQL enum `MembershipScope`. */
export const MembershipScopeEnum = createEnum<MembershipScope>('MembershipScope', 'Which memberships a record holds.', {
  ALL: "All of the profile's.",
  MAPPED_ONLY: 'Only those of activated segments.',
});

/** GraphQL enum `MembershipStatuses`. */
export const MembershipStatusesEnum = createEnum<MembershipStatuses>(
  'MembershipStatuses',
  'Which statuses records use.',
  {
    THREE_STATE: '`realized`, `existing` and `exited`.',
    TWO_STATE: '`realized` and `exited`; `existing` is written as `realized`.',
  },
);

/** GraphQL type `KinesisDestination`. */
@ObjectType('KinesisDestination', {
  implements: [NodeType, DestinationInterface],
  description: 'An Amazon Kinesis data stream in a region, reached with a credential.',
})
export class KinesisDestinationType extends DestinationInterface {
  @Field(() => Boolean, { description: 'Whether records carry the names of activated segments.' })
  includeSegmentNames(): boolean {
    return this.row.includeSegmentNames;
  }

  @Field(() => Boolean, {
    description: 'Whether records carry the times of activated segments and of their mapping, in UNIX milliseconds.',
  })
  includeSegmentTimestamps(): boolean {
    return this.row.includeSegmentTimestamps;
  }

  @Field(() => MembershipScopeEnum, { description: 'Which memberships a record holds.' })
  membershipScope(): MembershipScope {
    return this.row.membershipScope;
  }

  @Field(() => MembershipStatusesEnum, { description: 'Which statuses records use.' })
  membershipStatuses(): MembershipStatuses {
    return this.row.membershipStatuses;
  }

  @Field(() => String, { description: 'AWS region.' })
  region(): string {
    return this.row.region;
  }

  @Field(() => String, { description: "The stream's name or ARN, as given." })
  stream(): string {
    return this.row.stream;
  }
}

/** Shapes a destination for the schema, as the type of its kind. */
export function toDestinationType(row: Destination): KinesisDestinationType {
  return Object.assign(new KinesisDestinationType(), { id: toGlobalId('KinesisDestination', row.id), row });
}

/**
 * Reads a destination that something of the caller's workspace belongs to, by its internal id.
 * @throws {Error} if it was deleted while the operation ran.
 */
export async function getDestination(id: number, context: Context): Promise<DestinationInterface> {
  const destination = await context.loaders.destinationById.load(id);
  if (destination) return toDestinationType(destination);
  throw new Error(`Destination ${id} was deleted while something of it was read.`);
}
