/** Tests of destinations, and the streams that a credential may list. */

import { Arg, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';
import { type Context, requireRole } from './context.js';
import { toDestinationTestType } from './destination-test.js';
import {
  TestDestinationInput,
  TestDestinationResult,
  TestDestinationSuccess,
  TestKinesisSettingsInput,
  TestKinesisSettingsResult,
  TestKinesisSettingsSuccess,
} from './destination-test-mutations.js';
import { orUserError } from './errors.js';
import { toDestinationType } from './kinesis-destination.js';
import { ListStreamsResult, ListStreamsSuccess, toKinesisStreamType } from './kinesis-stream.js';
import { requestedId } from './requested-id.js';

/** Resolver of what is asked of AWS before records are sent. */
@Resolver()
export class DestinationTestResolver {
  @Query(() => ListStreamsResult, {
    description:
      'The streams that a credential may list in a region, for a picker. Role: ADMIN. At most 10 s. InvalidInputError: unknown credential, malformed region. AwsError: refused (kinesis:ListStreams is optional: let the user type the name) or out of reach.',
  })
  listStreams(
    @Arg('credentialId', () => ID, { description: 'Global id of the credential to ask with.' }) credentialId: string,
    @Arg('region', () => String, { description: 'AWS region such as `us-east-2`, of any partition.' }) region: string,
    @Ctx() context: Context,
  ): Promise<typeof ListStreamsResult> {
    requireRole(context, 'ADMIN');
    return orUserError(async () => {
      const request = { credentialId: requestedId(credentialId, 'Credential'), region };
      const { streams, truncated } = await context.services.destinationTests.listStreams(
        context.viewer.workspaceId,
        request,
      );
      return Object.assign(new ListStreamsSuccess(), { streams: streams.map(toKinesisStreamType), truncated });
    });
  }

  @Mutation(() => TestDestinationResult, {
    description:
      'Checks identity, stream, encryption and each permission without writing a record (at most 10 s), updates `health`, and resumes a halted destination that passes. Role: OPERATOR. NotFoundError.',
  })
  testDestination(
    @Arg('input', () => TestDestinationInput, { description: 'Which one.' }) input: TestDestinationInput,
    @Ctx() context: Context,
  ): Promise<typeof TestDestinationResult> {
    requireRole(context, 'OPERATOR');
    return orUserError(async () => {
      const id = requestedId(input.id, 'KinesisDestination');
      const destination = await context.services.destinationTests.test(context.viewer.workspaceId, id);
      return Object.assign(new TestDestinationSuccess(), { destination: toDestinationType(destination) });
    });
  }

  @Mutation(() => TestKinesisSettingsResult, {
    description:
      'Tests settings before they are saved: the checks of `testDestination`. Writes nothing. Role: ADMIN. InvalidInputError.',
  })
  testKinesisSettings(
    @Arg('input', () => TestKinesisSettingsInput, { description: 'The settings to test.' })
    input: TestKinesisSettingsInput,
    @Ctx() context: Context,
  ): Promise<typeof TestKinesisSettingsResult> {
    requireRole(context, 'ADMIN');
    return orUserError(async () => {
      const { region, stream } = input;
      const settings = { credentialId: requestedId(input.credentialId, 'Credential'), region, stream };
      const test = await context.services.destinationTests.testSettings(context.viewer.workspaceId, settings);
      return Object.assign(new TestKinesisSettingsSuccess(), { test: toDestinationTestType(test) });
    });
  }
}
