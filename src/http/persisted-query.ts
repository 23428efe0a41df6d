/** Documents that clients name by their hash, over WebSocket as Apollo Server takes them over HTTP. */

import type { GraphQLError } from 'graphql';
import { z } from 'zod';
import type { OperationList } from './operation-list.js';
import { hashText } from './operation-manifest.js';
import { refuseOperation } from './operation-refusal.js';

/** What a client sends of a document. */
export interface SentDocument {
  /** Empty if the hash alone is sent: the protocol wants a text there. */
  query: string;
  extensions?: Record<string, unknown> | undefined | null;
}

const PersistedQuery = z.object({ version: z.literal(1), sha256Hash: z.string() });

/** The text of a document, or why there is none. @param operations null keeps none by their hash. */
export function findText({ query, extensions }: SentDocument, operations: OperationList | null): string | GraphQLError {
  const given = extensions?.['persistedQuery'];
  if (given === undefined || given === null) return query;
  const found = PersistedQuery.safeParse(given);
  if (!found.success) return refuseOperation('BAD_REQUEST', '`persistedQuery` has `version` 1 and a `sha256Hash`.');
  if (!operations) return refuseOperation('PERSISTED_QUERY_NOT_SUPPORTED', 'PersistedQueryNotSupported');
  const { sha256Hash } = found.data;
  if (query === '')
    return operations.find(sha256Hash) ?? refuseOperation('PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound');
  return sha256Hash === hashText(query)
    ? query
    : refuseOperation('BAD_REQUEST', '`sha256Hash` is not that of `query`.');
}
