/** Documents that were parsed and held against the schema: clients send the same ones again and again. */

import { type DocumentNode, GraphQLError, type GraphQLSchema, parse, validate } from 'graphql';
import { MAX_TOKENS } from './operation-limits.js';

/** Reads documents; the same text is the same object for as long as it is kept. */
export interface KnownDocuments {
  /** @returns the error of one that cannot be parsed. */
  parse(text: string): DocumentNode | GraphQLError;
  /** Holds a document against the schema; what fits is kept. @returns its faults; none if it fits. */
  findFaults(text: string, document: DocumentNode): readonly GraphQLError[];
}

/** Kept at most; the one unused for longest gives way. A document takes a hundred times its text: long ones are not kept. */
const MAX_DOCUMENTS = 200;
const MAX_CHARACTERS = 5_000;

/** Makes a reader for a schema. */
export function createKnownDocuments(schema: GraphQLSchema): KnownDocuments {
  const kept = new Map<string, DocumentNode>();
  return {
    parse: (text) => kept.get(text) ?? parseDocument(text),
    findFaults(text, document) {
      const faults = kept.get(text) === document ? [] : validate(schema, document);
      if (faults.length === 0 && text.length <= MAX_CHARACTERS) keep(kept, text, document);
      return faults.map((fault) => withCode(fault, 'GRAPHQL_VALIDATION_FAILED'));
    },
  };
}

function parseDocument(text: string): DocumentNode | GraphQLError {
  try {
    return parse(text, { maxTokens: MAX_TOKENS });
  } catch (error) {
    if (error instanceof GraphQLError) return withCode(error, 'GRAPHQL_PARSE_FAILED');
    // Too deep for the parser's stack.
    const extensions = { code: 'GRAPHQL_PARSE_FAILED' };
    return new GraphQLError('The query cannot be parsed: nest it less.', { extensions });
  }
}

/** Set anew with each use, so that the first is the one unused for longest. */
function keep(kept: Map<string, DocumentNode>, text: string, document: DocumentNode): void {
  kept.delete(text);
  kept.set(text, document);
  const [first] = kept.keys();
  if (kept.size > MAX_DOCUMENTS && first !== undefined) kept.delete(first);
}

function withCode(error: GraphQLError, code: string): GraphQLError {
  const { nodes, source, positions, path, originalError } = error;
  return new GraphQLError(error.message, { nodes, source, positions, path, originalError, extensions: { code } });
}
