/**
 * The list of operations that a server answers, if the operator gives one: those of manifests, such as that of the build. What
 * production frontends ask is known when they are built; whatever else comes is not theirs.
 */

import {
  type DocumentNode,
  type GraphQLError,
  type GraphQLSchema,
  Kind,
  print,
  type SelectionNode,
  visit,
} from 'graphql';
import { checkFit, hashText, type ListedOperation, parseText, readManifest } from './operation-manifest.js';
import { refuseOperation } from './operation-refusal.js';

/** Operations that may be asked. */
export interface OperationList {
  /** Whether a document is that of a listed operation, whatever its layout, its order and its `__typename`s. */
  includes(document: DocumentNode): boolean;
  /** The text of a listed operation by the SHA-256 of it, in hex, as the extension `persistedQuery` names it. */
  find(hash: string): string | undefined;
}

/**
 * Reads manifests into one list.
 * @param paths of files.
 * @throws {OperationListError} naming the file, or the operation, and what is wrong with it.
 */
export async function readOperationList(paths: readonly string[], schema: GraphQLSchema): Promise<OperationList> {
  const manifests = await Promise.all(paths.map(readManifest));
  return createOperationList(manifests.flat(), schema);
}

/** Makes the list. @throws {OperationListError} for an operation that does not fit the schema. */
export function createOperationList(
  operations: readonly Pick<ListedOperation, 'id' | 'name' | 'body'>[],
  schema: GraphQLSchema,
): OperationList {
  const documents = operations.map(({ name, body }) => {
    const document = parseText(body, name);
    checkFit(document, { name, schema });
    return document;
  });
  const texts = new Map(operations.map(({ id, body }) => [id, body]));
  const shapes = new Set(documents.map(shapeOf));
  // Servers keep parsed documents: most come again as the same object.
  const known = new WeakMap<DocumentNode, boolean>();
  return {
    includes(document) {
      const isListed = known.get(document) ?? shapes.has(shapeOf(document));
      known.set(document, isListed);
      return isListed;
    },
    find: (hash) => texts.get(hash),
  };
}

/** The answer to what is not listed. */
export function refuseUnlisted(): GraphQLError {
  return refuseOperation(
    'OPERATION_NOT_LISTED',
    'This server answers listed operations only, and this is none of them.',
    403,
  );
}

/** Equal for documents that ask the same: clients add `__typename`, and order fragments as they like. */
function shapeOf(document: DocumentNode): string {
  const bare = visit(document, {
    SelectionSet: {
      leave: (set) => {
        const others = set.selections.filter((selection) => !isTypeName(selection));
        return others.length > 0 ? { ...set, selections: others } : set;
      },
    },
  });
  return hashText(bare.definitions.map(print).sort().join('\n'));
}

function isTypeName(selection: SelectionNode): boolean {
  return (
    selection.kind === Kind.FIELD &&
    selection.name.value === '__typename' &&
    !selection.alias &&
    !selection.directives?.length
  );
}
