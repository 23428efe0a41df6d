/** Fields of destinations that lead to other types, in alphabetical order. */

import { Args, Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { ActivationConnectionType, type ActivationType, listActivations } from './activation.js';
import { ActivationListArgs } from './activation-list.js';
import type { Connection } from './connection.js';
import type { Context } from './context.js';
import { CredentialType, toCredentialType } from './credential.js';
import { DeliveryConnectionType, type DeliveryType, listDeliveries } from './delivery.js';
import { DeliveryListArgs } from './delivery-list.js';
import { DestinationInterface } from './destination.js';
import { ExportConnectionType, type ExportType, listExports } from './export.js';
import { ExportListArgs } from './export-list.js';
import { FailedRecordConnectionType, listFailedRecords } from './failed-record.js';
import { FailedRecordListArgs } from './failed-record-list.js';

/** Resolver of fields of `Destination`. */
@Resolver(() => DestinationInterface)
export class DestinationFieldResolver {
  @FieldResolver(() => ActivationConnectionType, { description: 'Its activations.' })
  activations(
    @Root() destination: DestinationInterface,
    @Args(() => ActivationListArgs) args: ActivationListArgs,
    @Ctx() context: Context,
  ): Promise<Connection<ActivationType>> {
    return listActivations(args, context, { scope: 'destination', id: destination.row.id });
  }

  @FieldResolver(() => CredentialType, { description: 'What it authenticates with.' })
  async credential(@Root() destination: DestinationInterface, @Ctx() context: Context): Promise<CredentialType> {
    const credential = await context.loaders.credentialById.load(destination.row.credentialId);
    if (credential) return toCredentialType(credential);
    throw new Error(`Destination ${destination.row.id} was deleted, and then its credential, while it was read.`);
  }

  @FieldResolver(() => DeliveryConnectionType, { description: 'The fate of its records, newest first by default.' })
  deliveries(
    @Root() destination: DestinationInterface,
    @Args(() => DeliveryListArgs) args: DeliveryListArgs,
    @Ctx() context: Context,
  ): Promise<Connection<DeliveryType>> {
    return listDeliveries(args, context, { scope: 'destination', id: destination.row.id });
  }

  @FieldResolver(() => ExportConnectionType, { description: 'Its exports.' })
  exports(
    @Root() destination: DestinationInterface,
    @Args(() => ExportListArgs) args: ExportListArgs,
    @Ctx() context: Context,
  ): Promise<Connection<ExportType>> {
    return listExports(args, context, { scope: 'destination', id: destination.row.id });
  }

  @FieldResolver(() => FailedRecordConnectionType, { description: 'Its failed records.' })
  failedRecords(
    @Root() destination: DestinationInterface,
    @Args(() => FailedRecordListArgs) args: FailedRecordListArgs,
    @Ctx() context: Context,
  ): Promise<FailedRecordConnectionType> {
    return listFailedRecords(args, context, { scope: 'destination', id: destination.row.id });
  }
}
