/** Shards of any stream, asked for with a client of their own: seldom, by people who look at a preview. */

import { type Finding, find } from './call-fault.js';
import { createKinesisClient } from './client.js';
import type { RegionAccess } from './inspection.js';
import type { KeySources } from './key-sources.js';
import { type OpenShard, shardOf } from './shards.js';

/** Makes what previews ask. @param options `endpoint` is another address than AWS's; null is each region's own. */
export function createShardMap({ endpoint, keySources }: { endpoint: string | null; keySources: KeySources }) {
  return {
    /** Lists the open shards in the order of their ranges, or says why it cannot; never rejects for what AWS does. */
    async list(
      { region, identity, stream }: RegionAccess & { readonly stream: string },
      signal: AbortSignal,
    ): Promise<Finding<readonly OpenShard[]>> {
      const keys = keySources.sourceFor(identity, region);
      using client = createKinesisClient({ region, keys, ...(endpoint !== null && { endpoint }) });
      return await find(client.listShards(stream, signal));
    },
    shardOf,
  };
}
