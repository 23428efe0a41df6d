/** Clients of AWS STS. */

import { STSClient } from '@aws-sdk/client-sts';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { type KeySource, toProvider } from './keys.js';

/** What a client is made of. */
export interface StsClientOptions {
  /** As of `KinesisClientOptions`: its own STS is asked, which follows the partition. */
  readonly region: string;
  /** Who signs. */
  readonly keys: KeySource;
  /** Another address than AWS's. */
  readonly endpoint: string | null;
}

/** Runs calls with a client of its own: they are seldom. */
export async function withStsClient<Answer>(
  { region, keys, endpoint }: StsClientOptions,
  work: (client: STSClient) => Promise<Answer>,
): Promise<Answer> {
  const client = new STSClient({
    region,
    credentials: toProvider(keys),
    ...(endpoint === null ? {} : { endpoint }),
    maxAttempts: 1,
    // Given, so that no setting of the process's environment or ~/.aws reaches a customer's client.
    retryMode: 'standard',
    defaultsMode: 'standard',
    ignoreConfiguredEndpointUrls: true,
    useDualstackEndpoint: false,
    useFipsEndpoint: false,
    useGlobalEndpoint: false,
    requestHandler: new NodeHttpHandler({ connectionTimeout: CONNECT_MS }),
  });
  try {
    return await work(client);
  } finally {
    client.destroy();
  }
}

const CONNECT_MS = 3_000;
