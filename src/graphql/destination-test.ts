/** Tests of destinations in the schema. */

import { Field, ObjectType } from 'type-graphql';
import type { CheckStatus, CheckSubject, DestinationCheck, DestinationTest } from '../domain/destination-check.js';
import { createEnum } from './enums.js';
import { DeliveryCodeEnum, ErrorCodeType, toErrorCode } from './error-code.js';
import { KinesisStreamType, toKinesisStreamType } from './kinesis-stream.js';
import { DateTimeScalar, JSONObjectScalar } from './scalars.js';

const CheckStatusEnum = createEnum<CheckStatus>('CheckStatus', 'What came of a check.', {
  FAILED: 'Not well: nothing can be delivered.',
  PASSED: 'As it should be.',
  UNKNOWN: 'Could not be told, or an earlier failure made it pointless.',
  WARNING: 'Not well, but records can be delivered.',
});

const CheckSubjectEnum = createEnum<CheckSubject>('CheckSubject', 'What a check is about.', {
  ENCRYPTION:
    "The stream's encryption and its key. A dry run does not show whether the key may be used; the first record does.",
  IDENTITY: 'Who the credential is; for a role also that it refuses whoever does not know the external id.',
  PERMISSION: 'One permission.',
  STREAM: 'The stream exists and is active.',
});

/** GraphQL type `DestinationCheck`. */
@ObjectType('DestinationCheck', { description: 'One check of a test; each permission is a check of its own.' })
export class DestinationCheckType {
  @Field(() => String, {
    nullable: true,
    description: "AWS's request id; null if there was no answer, or nothing is wrong.",
  })
  awsRequestId!: string | null;

  @Field(() => DeliveryCodeEnum, {
    nullable: true,
    description: 'What is wrong; null if nothing, or if no code says it.',
  })
  code!: string | null;

  @Field(() => String, { description: 'What was found, and what to do if it is not well.' })
  message!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'The permission checked, such as `kinesis:PutRecords`; of ENCRYPTION the one that is missing or may be; null if the check is not about one.',
  })
  permission!: string | null;

  @Field(() => JSONObjectScalar, {
    nullable: true,
    description: 'The IAM policy statement that would mend it; null if none would.',
  })
  policyStatement!: Record<string, unknown> | null;

  @Field(() => ErrorCodeType, { nullable: true, description: 'Catalogue entry of `code`; null without a code.' })
  reason(): ErrorCodeType | null {
    return this.code === null ? null : toErrorCode(this.code);
  }

  @Field(() => CheckStatusEnum, { description: 'What came of it.' })
  status!: CheckStatus;

  @Field(() => CheckSubjectEnum, { description: 'What was checked.' })
  subject!: CheckSubject;
}

/** GraphQL type `DestinationTest`. */
@ObjectType('DestinationTest', {
  description:
    'The result of checking a destination without writing a record: writing is tried by a dry run of PutRecords whose hash key is out of range. Its answers were seen on the sandbox, not on AWS itself.',
})
export class DestinationTestType {
  @Field(() => String, {
    nullable: true,
    description: 'Who the credential is at AWS, as an ARN; null if that could not be told.',
  })
  awsIdentity!: string | null;

  @Field(() => [DestinationCheckType], { description: 'Each check, in the order made.' })
  checks!: DestinationCheckType[];

  @Field(() => Boolean, {
    description: 'Whether records can be delivered: writing is allowed, and no check failed.',
  })
  passed!: boolean;

  @Field(() => KinesisStreamType, {
    nullable: true,
    description: 'The stream found; null if it could not be described.',
  })
  stream!: KinesisStreamType | null;

  @Field(() => DateTimeScalar, { description: 'When.' })
  testedAt!: Date;
}

/** Shapes a test for the schema. */
export function toDestinationTestType(test: DestinationTest): DestinationTestType {
  const checks = test.checks.map((check: DestinationCheck) => Object.assign(new DestinationCheckType(), check));
  const stream = test.stream && toKinesisStreamType(test.stream);
  return Object.assign(new DestinationTestType(), test, { checks, stream });
}
