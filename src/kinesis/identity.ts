/** Who a credential is at AWS: a call that needs no permission, so that it tells a wrong secret from a missing right. */

import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { KinesisClientOptions } from './client.js';

/**
 * Asks AWS STS.
 * @param options where Kinesis is at another endpoint than AWS's, that one is asked as well.
 * @returns the ARN of the user or role.
 * @throws the SDK's own error, whose `name` is the wire code; or an abort.
 */
export async function askIdentity(options: KinesisClientOptions, signal: AbortSignal): Promise<string> {
  const client = new STSClient({
    region: options.region,
    credentials: { ...options.credentials },
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
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
    const { Arn = '' } = await client.send(new GetCallerIdentityCommand({}), { abortSignal: signal });
    if (Arn !== '') return Arn;
    throw new UnreadableIdentityError('GetCallerIdentity was answered without an ARN.');
  } finally {
    client.destroy();
  }
}

/** An answer that names nobody: it came from something else than AWS STS. */
export class UnreadableIdentityError extends Error {
  override readonly name = 'UnreadableIdentityError';
}

const CONNECT_MS = 3_000;
