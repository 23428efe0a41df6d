/** Shards of any stream, asked for with a client of their own: seldom, by people who look at a preview. */

import { type Finding, find } from './call-fault.js';
import { createKinesisClient, type KinesisClientOptions } from './client.js';
import { type OpenShard, shardOf } from './shards.js';

/** Makes what previews ask. @param endpoint another address than AWS's; null is each region's own. */
export function createShardMap(endpoint: string | null) {
  return {
    /** Lists the open shards in the order of their ranges, or says why it cannot; never rejects for what AWS does. */
    async list(
      access: Omit<KinesisClientOptions, 'endpoint'> & { readonly stream: string },
      signal: AbortSignal,
    ): Promise<Finding<readonly OpenShard[]>> {
      const { region, credentials, stream } = access;
      using client = createKinesisClient({ region, credentials, ...(endpoint !== null && { endpoint }) });
      return await find(client.listShards(stream, signal));
    },
    shardOf,
  };
}
