/** Arguments and answers of `simulateExport`. */

import { ArgsType, Ctx, createUnionType, Field, ID, ObjectType } from 'type-graphql';
import type { DeliveryCode } from '../domain/delivery-code.js';
import type { SimulatedRecord } from '../domain/simulation.js';
import { type Context, seesPersonalData } from './context.js';
import { DeliveryCauseType } from './delivery-cause.js';
import { DeliveryCodeEnum, ErrorCodeType, toErrorCode } from './error-code.js';
import { InvalidInputErrorType } from './errors.js';
import { ProfileInputType } from './profile-mutations.js';
import { BigIntScalar } from './scalars.js';

/** Arguments of `simulateExport`. */
@ArgsType()
export class SimulateExportArgs {
  @Field(() => ID, { nullable: true, description: 'Global id of a saved activation.' })
  activationId?: string | null;

  @Field(() => ID, {
    nullable: true,
    description: 'Global id of the destination of an activation not saved yet.',
  })
  destinationId?: string | null;

  @Field(() => [String], {
    nullable: true,
    description:
      "1–250 of the customer's segment ids to try; required with `destinationId`, else in place of the activation's own.",
  })
  segmentIds?: string[] | null;

  @Field(() => [String], {
    nullable: true,
    description: "0–100 dot paths to try; in place of the activation's own.",
  })
  attributes?: string[] | null;

  @Field(() => String, {
    nullable: true,
    description:
      "The customer's id of the profile; null means the change's profile or, without a change, any present member.",
  })
  profileId?: string | null;

  @Field(() => ProfileInputType, {
    nullable: true,
    description:
      'A change to imagine: asks whether it would trigger a live delivery. Null asks for an export of the profile as it is now.',
  })
  change?: ProfileInputType | null;
}

/** GraphQL type `ExportSimulation`. */
@ObjectType('ExportSimulation', { description: 'What would become of one profile.' })
export class ExportSimulationType {
  /** Null if there would be none. */
  record!: SimulatedRecord | null;

  @Field(() => [DeliveryCauseType], { description: 'What in the change would trigger it; empty without a change.' })
  causes!: DeliveryCauseType[];

  @Field(() => DeliveryCodeEnum, {
    nullable: true,
    description: 'Why not, or why the record would fail; null if it would be delivered.',
  })
  code!: DeliveryCode | null;

  @Field(() => BigIntScalar, {
    nullable: true,
    description:
      'Most bytes of data and partition key that the stream takes, as AWS last told; null if it never did: then 1 MiB holds.',
  })
  maxRecordBytes!: number | null;

  @Field(() => String, { description: 'Why or why not, in words.' })
  message!: string;

  @Field(() => String, {
    nullable: true,
    description: "The record's partition key; null without a record, or for a VIEWER.",
  })
  partitionKey(@Ctx() context: Context): string | null {
    return seesPersonalData(context) ? (this.record?.partitionKey ?? null) : null;
  }

  @Field(() => String, {
    nullable: true,
    description: "The record's data, byte for byte: JSON text; null without a record, or for a VIEWER.",
  })
  payload(@Ctx() context: Context): string | null {
    return seesPersonalData(context) ? (this.record?.payload ?? null) : null;
  }

  @Field(() => String, {
    nullable: true,
    description: "The customer's id of the profile looked at; null if no segment has a member.",
  })
  profileId!: string | null;

  @Field(() => ErrorCodeType, { nullable: true, description: 'Catalogue entry of `code`; null without a code.' })
  reason(): ErrorCodeType | null {
    return this.code && toErrorCode(this.code);
  }

  @Field(() => String, {
    nullable: true,
    description: 'Shard that the record would go to; null without a record, or if the shards are not known.',
  })
  shardId!: string | null;

  @Field(() => BigIntScalar, { nullable: true, description: 'Bytes of data and partition key; null without a record.' })
  sizeBytes(): number | null {
    return this.record?.sizeBytes ?? null;
  }

  @Field(() => Boolean, { description: 'Whether a record would be sent.' })
  wouldExport!: boolean;
}

/** GraphQL type `SimulateExportSuccess`. */
@ObjectType('SimulateExportSuccess', { description: 'The profile was looked at.' })
export class SimulateExportSuccess {
  @Field(() => ExportSimulationType, { description: 'What would become of it.' })
  simulation!: ExportSimulationType;
}

/** GraphQL union `SimulateExportResult`. */
export const SimulateExportResult = createUnionType({
  name: 'SimulateExportResult',
  description: 'Answer of simulateExport.',
  types: () => [SimulateExportSuccess, InvalidInputErrorType] as const,
});
