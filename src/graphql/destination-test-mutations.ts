/** Inputs and answers of the mutations that test destinations. */

import { createUnionType, Field, ID, InputType, ObjectType } from 'type-graphql';
import { DestinationInterface } from './destination.js';
import { DestinationTestType } from './destination-test.js';
import { InvalidInputErrorType, NotFoundErrorType } from './errors.js';

/** GraphQL input `TestDestinationInput`. */
@InputType('TestDestinationInput', { description: 'Input of testDestination.' })
export class TestDestinationInput {
  @Field(() => ID, { description: 'Global id.' })
  id!: string;
}

/** GraphQL type `TestDestinationSuccess`. */
@ObjectType('TestDestinationSuccess', { description: 'The destination was tested, well or not.' })
export class TestDestinationSuccess {
  @Field(() => DestinationInterface, {
    description: 'The destination as it is now; `lastTest` holds what the test found.',
  })
  destination!: DestinationInterface;
}

/** GraphQL union `TestDestinationResult`. */
export const TestDestinationResult = createUnionType({
  name: 'TestDestinationResult',
  description: 'Answer of testDestination.',
  types: () => [TestDestinationSuccess, NotFoundErrorType] as const,
});

/** GraphQL input `TestKinesisSettingsInput`. */
@InputType('TestKinesisSettingsInput', { description: 'Input of testKinesisSettings.' })
export class TestKinesisSettingsInput {
  @Field(() => ID, { description: 'Global id of the credential.' })
  credentialId!: string;

  @Field(() => String, { description: 'AWS region such as `us-east-2`, of any partition.' })
  region!: string;

  @Field(() => String, { description: 'Name or ARN of an existing stream.' })
  stream!: string;
}

/** GraphQL type `TestKinesisSettingsSuccess`. */
@ObjectType('TestKinesisSettingsSuccess', { description: 'The settings were tested, well or not.' })
export class TestKinesisSettingsSuccess {
  @Field(() => DestinationTestType, { description: 'What the test found.' })
  test!: DestinationTestType;
}

/** GraphQL union `TestKinesisSettingsResult`. */
export const TestKinesisSettingsResult = createUnionType({
  name: 'TestKinesisSettingsResult',
  description: 'Answer of testKinesisSettings.',
  types: () => [TestKinesisSettingsSuccess, InvalidInputErrorType] as const,
});
