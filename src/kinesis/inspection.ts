/** Looks at a stream and at what a credential may do with it, without writing a record. */

import { type Finding, find } from './call-fault.js';
import { createKinesisClient, type StreamPage, type StreamSummary } from './client.js';
import { askIdentity } from './identity.js';
import type { KeySources } from './key-sources.js';
import type { AwsIdentity } from './keys.js';
import type { OpenShard } from './shards.js';

/** What was found of a stream, call by call. */
export interface StreamInspection {
  /** The ARN that the credential is at AWS. */
  readonly identity: Finding<string>;
  readonly summary: Finding<StreamSummary>;
  readonly shards: Finding<readonly OpenShard[]>;
  /** Found: records may be put. */
  readonly write: Finding<true>;
}

/** Who asks, and where. */
export interface RegionAccess {
  readonly region: string;
  readonly identity: AwsIdentity;
}

/** Asks AWS about streams. @param options `endpoint` is another address than AWS's; null is each region's own. */
export function createStreamInspector({ endpoint, keySources }: { endpoint: string | null; keySources: KeySources }) {
  const keysOf = ({ identity, region }: RegionAccess) => keySources.sourceFor(identity, region);
  const connect = (access: RegionAccess) =>
    createKinesisClient({
      region: access.region,
      keys: keysOf(access),
      ...(endpoint !== null && { endpoint }),
    });
  const ask = (access: RegionAccess, signal: AbortSignal) =>
    find(askIdentity({ region: access.region, keys: keysOf(access), endpoint }, signal));
  return {
    /** Makes all calls at once; none of them rejects for what AWS does, nor for the end of `signal`. */
    async inspect(access: RegionAccess & { readonly stream: string }, signal: AbortSignal): Promise<StreamInspection> {
      const { stream } = access;
      using client = connect(access);
      const [identity, summary, shards, write] = await Promise.all([
        ask(access, signal),
        find(client.describeStream(stream, signal)),
        find<readonly OpenShard[]>(client.listShards(stream, signal)),
        find(client.checkWrite(stream, signal).then((): true => true)),
      ]);
      return { identity, summary, shards, write };
    },

    /** Asks who a credential is: its ARN. */
    identify: ask,

    /** Lists the streams of a region, at most `limit`. */
    async listStreams(
      access: RegionAccess,
      { limit, signal }: { limit: number; signal: AbortSignal },
    ): Promise<Finding<StreamPage>> {
      using client = connect(access);
      return await find(client.listStreams(limit, signal));
    },
  };
}
