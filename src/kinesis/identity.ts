/** Who a credential is at AWS: a call that needs no permission, so that it tells a wrong secret from a missing right. */

import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { withKeys } from './key-use.js';
import { type StsClientOptions, withStsClient } from './sts.js';

/**
 * Asks AWS STS.
 * @returns the ARN of the user or role.
 * @throws the SDK's own error, whose `name` is the wire code; {@link NoKeysError}; or an abort.
 */
export function askIdentity(options: StsClientOptions, signal: AbortSignal): Promise<string> {
  return withStsClient(options, async (client) => {
    const ask = () => client.send(new GetCallerIdentityCommand({}), { abortSignal: signal });
    const { Arn = '' } = await withKeys(options.keys, signal, ask);
    if (Arn !== '') return Arn;
    throw new UnreadableIdentityError('GetCallerIdentity was answered without an ARN.');
  });
}

/** An answer that names nobody: it came from something else than AWS STS. */
export class UnreadableIdentityError extends Error {
  override readonly name = 'UnreadableIdentityError';
}
