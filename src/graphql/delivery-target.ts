/** Where activations, exports, deliveries and failed records go, in the schema. */

import type { Context } from './context.js';
import { DestinationInterface } from './destination.js';

/**
 * Reads the destination of something that is there. By way of `loadNode`, since the file of each kind extends
 * destination.ts, which has lists of what calls this: importing them here would load one before its base class.
 */
export async function getDestination(id: number, context: Context): Promise<DestinationInterface> {
  const destination = await context.loadNode({ kind: 'KinesisDestination', id });
  if (destination instanceof DestinationInterface) return destination;
  throw new Error(`Destination ${id} was deleted, with all that belongs to it, while it was read.`);
}
