/** The health of destinations in the schema. */

import { Field, ObjectType } from 'type-graphql';
import type { DestinationHealth } from '../domain/destination.js';
import type { HealthStatus } from '../domain/health.js';
import { createEnum } from './enums.js';
import { DeliveryCodeEnum, ErrorCodeType, toErrorCode } from './error-code.js';
import { DateTimeScalar } from './scalars.js';

/** GraphQL enum `HealthStatus`. */
export const HealthStatusEnum = createEnum<HealthStatus>('HealthStatus', 'How a destination is.', {
  DEGRADED: 'AWS does not answer, or answers with 5xx; everything is kept; tried again by itself.',
  HALTED: 'Cannot deliver; everything is kept; resumes by itself once the cause is mended, or on a passed test.',
  HEALTHY: 'Delivers, or passed its newest test.',
  THROTTLED:
    "Delivers at the stream's limit: of late AWS put back 5 % of the records or more; they wait and go again. Ends below 1 %.",
  UNTESTED: "Not known yet: no test has passed, or only a record can show whether the stream's key may be used.",
});

/** GraphQL type `DestinationHealth`. */
@ObjectType('DestinationHealth', { description: 'Whether a destination works.' })
export class DestinationHealthType {
  @Field(() => String, {
    nullable: true,
    description: "AWS's request id of the answer that shows it; null if there is none.",
  })
  awsRequestId!: string | null;

  @Field(() => DeliveryCodeEnum, { nullable: true, description: 'What is wrong; null if HEALTHY or UNTESTED.' })
  code!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'What is wrong with this destination, in words and names; null if nothing.',
  })
  message!: string | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When a halted or unanswering destination is tried again by itself; null otherwise.',
  })
  nextProbeAt!: Date | null;

  @Field(() => ErrorCodeType, {
    nullable: true,
    description: 'Catalogue entry of `code`, with the remedy; null without a code.',
  })
  reason(): ErrorCodeType | null {
    return this.code === null ? null : toErrorCode(this.code);
  }

  @Field(() => DateTimeScalar, { description: 'Since when.' })
  since!: Date;

  @Field(() => HealthStatusEnum, { description: 'How it is.' })
  status!: HealthStatus;
}

/** Shapes health for the schema. */
export function toDestinationHealthType(health: DestinationHealth): DestinationHealthType {
  return Object.assign(new DestinationHealthType(), health);
}
