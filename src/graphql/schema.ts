/** The executable schema, and its text. */

import 'reflect-metadata';
import { type GraphQLObjectType, type GraphQLSchema, lexicographicSortSchema, printSchema } from 'graphql';
import { buildSchemaSync, type PubSub } from 'type-graphql';
import { ActivationResolver } from './activation-resolver.js';
import { ActivationStateResolver } from './activation-state-resolver.js';
import { ApiKeyResolver } from './api-key-resolver.js';
import { AttributePathResolver } from './attribute-path-resolver.js';
import { AuditEntryResolver } from './audit-entry-resolver.js';
import { auditMutations } from './audited-mutations.js';
import { CredentialResolver } from './credential-resolver.js';
import { CredentialRotationResolver } from './credential-rotation-resolver.js';
import { DeliveryEventsSubscription } from './delivery-events-subscription.js';
import { DeliveryResolver } from './delivery-resolver.js';
import { DestinationFieldResolver } from './destination-field-resolver.js';
import { DestinationResolver } from './destination-resolver.js';
import { DestinationStateResolver } from './destination-state-resolver.js';
import { DestinationTestResolver } from './destination-test-resolver.js';
import { DestinationTypeResolver } from './destination-type-resolver.js';
import { ErrorCodeResolver } from './error-code-resolver.js';
import { ExportProgressSubscription } from './export-progress-subscription.js';
import { ExportResolver } from './export-resolver.js';
import { FailedRecordResolver } from './failed-record-resolver.js';
import { KinesisDestinationResolver } from './kinesis-destination-resolver.js';
import { MembershipResolver } from './membership-resolver.js';
import { NodeResolver } from './node-resolver.js';
import { PartitioningResolver } from './partitioning-resolver.js';
import { ProfileResolver } from './profile-resolver.js';
import { ReplayResolver } from './replay-resolver.js';
import { SegmentResolver } from './segment-resolver.js';
import { SimulationResolver } from './simulation-resolver.js';
import { ViewerResolver } from './viewer-resolver.js';

/** Builds the executable schema. */
export function buildGraphQLSchema(): GraphQLSchema {
  const schema = buildSchemaSync({
    resolvers: [
      ActivationResolver,
      ActivationStateResolver,
      ApiKeyResolver,
      AttributePathResolver,
      AuditEntryResolver,
      CredentialResolver,
      CredentialRotationResolver,
      DeliveryEventsSubscription,
      DeliveryResolver,
      DestinationFieldResolver,
      DestinationResolver,
      DestinationStateResolver,
      DestinationTestResolver,
      DestinationTypeResolver,
      ErrorCodeResolver,
      ExportProgressSubscription,
      ExportResolver,
      FailedRecordResolver,
      KinesisDestinationResolver,
      MembershipResolver,
      NodeResolver,
      PartitioningResolver,
      ProfileResolver,
      ReplayResolver,
      SegmentResolver,
      SimulationResolver,
      ViewerResolver,
    ],
    pubSub: noTopics,
    validate: false,
  });
  auditMutations(schema);
  describe(schema.getQueryType(), 'Everything that can be read.');
  describe(schema.getMutationType(), MUTATION_DESCRIPTION);
  describe(schema.getSubscriptionType(), 'What can be watched, over WebSocket (graphql-transport-ws).');
  return schema;
}

/** The schema as SDL, sorted: the text of schema/schema.graphql. */
export function printSortedSchema(): string {
  return `${printSchema(lexicographicSortSchema(buildGraphQLSchema()))}\n`;
}

/** type-graphql asks for topics as soon as there are subscriptions; ours follow the event tail instead. */
const noTopics: PubSub = { publish: refuseTopic, subscribe: refuseTopic };

function refuseTopic(topic: string): never {
  throw new Error(`Topic ${topic}: subscriptions here have \`subscribe\`, since topics cannot resume.`);
}

const MUTATION_DESCRIPTION =
  'Everything that can be changed. Each description names the least role and the errors; a lower role gets the top-level error FORBIDDEN, which names the role needed. Each call stands in the audit log.';

/** type-graphql has no way to describe the root types. */
function describe(type: GraphQLObjectType | null | undefined, description: string): void {
  if (type) type.description = description;
}
