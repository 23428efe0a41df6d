/** Amazon Kinesis destinations in the schema. */

import { Field, Int, ObjectType } from 'type-graphql';
import type {
  Destination,
  Envelope,
  MembershipScope,
  MembershipStatuses,
  TooLargePolicy,
} from '../domain/destination.js';
import { toGlobalId } from '../domain/global-id.js';
import { keepsOrder } from '../domain/partition-key.js';
import { ConsentRuleType, toConsentRuleType } from './consent-rule.js';
import type { Context } from './context.js';
import { DestinationInterface } from './destination.js';
import { createEnum } from './enums.js';
import { KinesisStreamType, toKinesisStreamType } from './kinesis-stream.js';
import { NodeType } from './node.js';
import { PartitionKeyType, toPartitionKeyType } from './partition-key.js';

/** GraphQL enum `Envelope`. */
export const EnvelopeEnum = createEnum<Envelope>('Envelope', 'What is put around the profile in a record.', {
  NONE: 'Nothing: the record is the profile.',
  V1: 'Version 1: `v`, `recordId`, `activationId` (its global id), `origin`, `causes`, `sequence`, `exportedAt`, `profile`.',
});

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

/** GraphQL enum `TooLargePolicy`. */
export const TooLargePolicyEnum = createEnum<TooLargePolicy>(
  'TooLargePolicy',
  "What becomes of a record over the stream's size limit.",
  {
    FAIL: 'It fails with RECORD_TOO_LARGE.',
    TRIM_MEMBERSHIPS:
      'Memberships are left out until it fits, unmapped ones first, then exited ones, but none that the record is sent for; else it fails.',
  },
);

/** GraphQL type `KinesisDestination`. */
@ObjectType('KinesisDestination', {
  implements: [NodeType, DestinationInterface],
  description: 'An Amazon Kinesis data stream in a region, reached with a credential.',
})
export class KinesisDestinationType extends DestinationInterface {
  @Field(() => ConsentRuleType, {
    nullable: true,
    description: 'Which profiles permit export; null if no consent is asked for.',
  })
  consent(): ConsentRuleType | null {
    return this.row.consent && toConsentRuleType(this.row.consent);
  }

  @Field(() => EnvelopeEnum, { description: 'What is put around the profile in a record.' })
  envelope(): Envelope {
    return this.row.envelope;
  }

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

  @Field(() => Int, {
    nullable: true,
    description: 'Most records sent a second, over all activations; null means as fast as the shards take them.',
  })
  maxRecordsPerSecond(): number | null {
    return this.row.maxRecordsPerSecond;
  }

  @Field(() => MembershipScopeEnum, { description: 'Which memberships a record holds.' })
  membershipScope(): MembershipScope {
    return this.row.membershipScope;
  }

  @Field(() => MembershipStatusesEnum, { description: 'Which statuses records use.' })
  membershipStatuses(): MembershipStatuses {
    return this.row.membershipStatuses;
  }

  @Field(() => Boolean, {
    description:
      'Whether records of one profile keep their order in the stream: not with RANDOM keys, nor on a stream that ignores partition keys; with ATTRIBUTE and IDENTITY as long as the value stays.',
  })
  orderGuaranteed(): boolean {
    return keepsOrder(this.row.partitionKey, this.row.streamDetails);
  }

  @Field(() => PartitionKeyType, { description: "What decides a record's shard." })
  partitionKey(): PartitionKeyType {
    return toPartitionKeyType(this.row.partitionKey);
  }

  @Field(() => String, { description: 'AWS region.' })
  region(): string {
    return this.row.region;
  }

  @Field(() => String, { description: "The stream's name or ARN, as given." })
  stream(): string {
    return this.row.stream;
  }

  @Field(() => KinesisStreamType, {
    nullable: true,
    description: 'The stream as AWS last described it; null if it never could with these settings.',
  })
  streamDetails(): KinesisStreamType | null {
    return this.row.streamDetails && toKinesisStreamType(this.row.streamDetails);
  }

  @Field(() => TooLargePolicyEnum, { description: "What becomes of a record over the stream's size limit." })
  tooLargePolicy(): TooLargePolicy {
    return this.row.tooLargePolicy;
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
