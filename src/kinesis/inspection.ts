/** Looks at a stream and at what a credential may do with it, without writing a record. */

import { type Finding, find } from './call-fault.js';
import { createKinesisClient, type KinesisClientOptions, type StreamPage, type StreamSummary } from './client.js';
import { askIdentity } from './identity.js';
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
export type Access = Omit<KinesisClientOptions, 'endpoint'>;

/** Asks AWS about streams. @param endpoint another address than AWS's; null is each region's own. */
export function createStreamInspector(endpoint: string | null) {
  const at = <Given extends Access>(access: Given) => ({ ...access, ...(endpoint !== null && { endpoint }) });
  return {
    /** Makes all calls at once; none of them rejects for what AWS does, nor for the end of `signal`. */
    async inspect(access: Access & { readonly stream: string }, signal: AbortSignal): Promise<StreamInspection> {
      const { stream, ...options } = at(access);
      using client = createKinesisClient(options);
      const [identity, summary, shards, write] = await Promise.all([
        find(askIdentity(options, signal)),
        find(client.describeStream(stream, signal)),
        find<readonly OpenShard[]>(client.listShards(stream, signal)),
        find(client.checkWrite(stream, signal).then((): true => true)),
      ]);
      return { identity, summary, shards, write };
    },

    /** Asks who a credential is: its ARN. */
    identify(access: Access, signal: AbortSignal): Promise<Finding<string>> {
      return find(askIdentity(at(access), signal));
    },

    /** Lists the streams of a region, at most `limit`. */
    async listStreams(
      access: Access,
      { limit, signal }: { limit: number; signal: AbortSignal },
    ): Promise<Finding<StreamPage>> {
      using client = createKinesisClient(at(access));
      return await find(client.listStreams(limit, signal));
    },
  };
}
