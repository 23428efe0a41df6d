/** Lists of destinations in the schema. */

import { ArgsType, Field, ID, InputType } from 'type-graphql';
import type { DestinationKind } from '../domain/destination-type.js';
import type { HealthStatus } from '../domain/health.js';
import type { DestinationListRequest, DestinationOrderName } from '../storage/destinations.js';
import { type Connection, ConnectionArgs, createCountedConnection, toConnection, toPageRequest } from './connection.js';
import type { Context } from './context.js';
import { DestinationInterface } from './destination.js';
import { HealthStatusEnum } from './destination-health.js';
import { DestinationKindEnum } from './destination-type.js';
import { createEnum } from './enums.js';
import { toDestinationType } from './kinesis-destination.js';
import { requestedId } from './requested-id.js';

/** GraphQL type `DestinationConnection`. */
export const DestinationConnectionType = createCountedConnection<DestinationInterface>(() => DestinationInterface, {
  name: 'Destination',
  plural: 'destinations',
});

/** GraphQL input `DestinationFilter`. */
@InputType('DestinationFilter', { description: 'Which destinations.' })
export class DestinationFilterInput {
  @Field(() => ID, {
    nullable: true,
    description: 'Only those that use the credential with this global id.',
  })
  credentialId?: string | null;

  @Field(() => Boolean, { nullable: true, description: 'Only enabled (true) or disabled (false) ones.' })
  enabled?: boolean | null;

  @Field(() => [HealthStatusEnum], { nullable: true, description: 'Only these states of health.' })
  health?: HealthStatus[] | null;

  @Field(() => [DestinationKindEnum], { nullable: true, description: 'Only these kinds.' })
  kinds?: DestinationKind[] | null;

  @Field(() => String, { nullable: true, description: 'Only names that contain this text, in any case.' })
  search?: string | null;
}

/** GraphQL enum `DestinationOrder`. */
export const DestinationOrderEnum = createEnum<DestinationOrderName>('DestinationOrder', 'Orders of destinations.', {
  CREATED_AT_ASC: 'Oldest first.',
  CREATED_AT_DESC: 'Newest first.',
  HEALTH_WORST_FIRST: 'Worst first: HALTED, THROTTLED, DEGRADED, UNTESTED, HEALTHY; then by name.',
  NAME_ASC: 'By name.',
  NAME_DESC: 'By name, backwards.',
});

/** Arguments of lists of destinations. */
@ArgsType()
export class DestinationListArgs extends ConnectionArgs {
  @Field(() => DestinationFilterInput, { nullable: true, description: 'Only what meets every condition given.' })
  filter?: DestinationFilterInput | null;

  @Field(() => DestinationOrderEnum, {
    nullable: true,
    defaultValue: 'NAME_ASC',
    description: 'Order; null means the default.',
  })
  orderBy?: DestinationOrderName | null;
}

/** Lists the destinations of a workspace or credential, named by internal id. */
export async function listDestinations(
  args: DestinationListArgs,
  context: Context,
  parent: { scope: DestinationListRequest['scope']; id: number },
): Promise<Connection<DestinationInterface>> {
  const { workspaceId } = context.viewer;
  const { credentialId, enabled = null, health = null, kinds = null, search = null } = args.filter ?? {};
  const filter = {
    credentialId: credentialId == null ? null : requestedId(credentialId, 'Credential'),
    enabled,
    health,
    kinds,
    search,
  };
  const request = { workspaceId, scope: parent.scope, filter, orderBy: args.orderBy ?? ('NAME_ASC' as const) };
  const page = await context.loaders.destinations.page(parent.id, request, toPageRequest(args));
  return toConnection(page, toDestinationType, () => context.loaders.destinations.count(parent.id, request));
}
