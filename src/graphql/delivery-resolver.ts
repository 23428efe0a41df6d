/** Queries of deliveries. */

import { Arg, Args, Ctx, ID, Query, Resolver } from 'type-graphql';
import { fromGlobalId } from '../domain/global-id.js';
import type { Connection } from './connection.js';
import type { Context } from './context.js';
import { DeliveryConnectionType, DeliveryType, listDeliveries, toDeliveryType } from './delivery.js';
import { DeliveryListArgs } from './delivery-list.js';

/** Resolver of deliveries. */
@Resolver()
export class DeliveryResolver {
  @Query(() => DeliveryType, {
    nullable: true,
    description: 'One delivery; null if there is none or its retention (30 days by default) is over.',
  })
  async delivery(
    @Arg('id', () => ID, { description: 'Global id.' }) id: string,
    @Ctx() context: Context,
  ): Promise<DeliveryType | null> {
    const named = fromGlobalId(id);
    if (named?.kind !== 'Delivery') return null;
    const row = await context.loaders.deliveryByKey.load({ eventId: named.id, ordinal: named.ordinal });
    return row && toDeliveryType(row);
  }

  @Query(() => DeliveryConnectionType, { description: "The workspace's deliveries." })
  deliveries(
    @Args(() => DeliveryListArgs) args: DeliveryListArgs,
    @Ctx() context: Context,
  ): Promise<Connection<DeliveryType>> {
    return listDeliveries(args, context, { scope: 'workspace', id: context.viewer.workspaceId });
  }
}
