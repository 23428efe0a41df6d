/** This process's own identity at AWS, as the SDK finds it: environment, shared files, web identity, container, instance. */

import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { type AwsKeys, type KeySource, NoKeysError, toProvider } from './keys.js';

/** Keys for the sandbox, which takes any: this process needs no identity at AWS for it. */
export const SANDBOX_KEYS: AwsKeys = {
  accessKeyId: 'AKIASANDBOXPROCESS00',
  secretAccessKey: 'sandbox'.padEnd(40, '0'),
};

/** Makes the source of this process's keys; it looks for them with the first request, and renews those that end. */
export function createOwnKeys(): KeySource {
  // Nothing is sent with it. Its settings are the operator's, from the environment and ~/.aws, as they are meant here.
  const client = new STSClient({});
  let isRefused = false;
  return {
    async get() {
      const forceRefresh = isRefused;
      isRefused = false;
      try {
        const { accessKeyId, secretAccessKey, sessionToken } = await client.config.credentials({ forceRefresh });
        return { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
      } catch (error) {
        const fault = {
          kind: 'refused',
          cause: 'OWN_IDENTITY_UNAVAILABLE',
          awsCode: null,
          awsRequestId: null,
        } as const;
        throw new NoKeysError(fault, { cause: error });
      }
    },
    replace() {
      isRefused = true;
      return true;
    },
  };
}

/** Makes what finds the 12 digits of this process's account: asked at AWS once, and again a minute after it was in vain. */
export function createAccountFinder(options: {
  own: KeySource;
  endpoint: string | null;
}): () => Promise<string | null> {
  let account: string | null = null;
  let askAgainMs = Number.NEGATIVE_INFINITY;
  return async () => {
    if (account !== null || performance.now() < askAgainMs) return account;
    askAgainMs = performance.now() + ASK_AGAIN_MS;
    account = await askAccount(options).catch(() => null);
    return account;
  };
}

const ASK_AGAIN_MS = 60_000;
const DEADLINE_MS = 3_000;

/** In the operator's own region, since no customer's is known here. */
async function askAccount({ own, endpoint }: { own: KeySource; endpoint: string | null }): Promise<string | null> {
  const place = endpoint === null ? {} : { endpoint, region: 'us-east-1' };
  const client = new STSClient({ credentials: toProvider(own), maxAttempts: 1, ...place });
  try {
    const command = new GetCallerIdentityCommand({});
    const { Account = null } = await client.send(command, { abortSignal: AbortSignal.timeout(DEADLINE_MS) });
    return Account;
  } finally {
    client.destroy();
  }
}
