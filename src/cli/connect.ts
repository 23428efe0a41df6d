/** Clients for the address and key file that a command line gives. */

import { type ApiClient, createApiClient } from './api-client.js';
import { UsageError } from './command-error.js';
import type { ApiAddress } from './command-line.js';
import { readKeyFile } from './key-file.js';

/** A client for the address that a command line gives. @throws {UsageError} if the key's file is missing or empty. */
export async function connect(address: ApiAddress): Promise<ApiClient> {
  const apiKey = await readKeyFile(address.keyFile);
  if (!apiKey) throw new UsageError(`${address.keyFile} holds no API key: write one into it, mode 0600.`);
  return createApiClient({ url: address.url, apiKey });
}
