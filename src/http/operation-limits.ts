/** Bounds of one operation, the same over HTTP and WebSocket. */

import type { GraphQLError } from 'graphql';
import { refuseOperation } from './operation-refusal.js';
import { type WeighedOperation, weighOperation } from './operation-weight.js';

/** Longest document, in tokens: validating costs up to their square (2,000: 70 ms, 10,000: 1.7 s on two cores). */
export const MAX_TOKENS = 2_000;

/** Deepest operation, in fields below each other. */
export const MAX_DEPTH = 15;

/** Most aliases of a document: each can ask for the same again. */
export const MAX_ALIASES = 100;

/** Most directives of a document. */
export const MAX_DIRECTIVES = 100;

/** Most objects that an answer may have, by page sizes: a page of 100 with 100 in each passes, a third level does not. */
export const MAX_COST = 20_000;

/**
 * Finds the bound that an operation breaks.
 * @param allowsDiscovery whether the schema may be asked for.
 * @returns the error to answer with; null if it may run.
 */
export function findExcess(weighed: WeighedOperation, allowsDiscovery: boolean): GraphQLError | null {
  const { cost, depth, aliases, directives, asksForSchema } = weighOperation(weighed);
  if (asksForSchema && !allowsDiscovery)
    return refuse('INTROSPECTION_DISABLED', 'This server does not answer for its schema: use the published one.');
  if (depth > MAX_DEPTH)
    return refuse('QUERY_TOO_DEEP', `The operation is ${depth} fields deep; at most ${MAX_DEPTH}.`);
  if (aliases > MAX_ALIASES)
    return refuse('TOO_MANY_ALIASES', `The document has ${aliases} aliases; at most ${MAX_ALIASES}.`);
  if (directives > MAX_DIRECTIVES)
    return refuse('TOO_MANY_DIRECTIVES', `The document has ${directives} directives; at most ${MAX_DIRECTIVES}.`);
  if (cost > MAX_COST)
    return refuse(
      'QUERY_TOO_COSTLY',
      `The answer may have ${cost} objects; at most ${MAX_COST}. Ask for smaller pages, or for fewer lists in lists.`,
    );
  return null;
}

function refuse(code: string, message: string): GraphQLError {
  return refuseOperation(code, message, 400);
}
