/** Names subscriptions whose results are the same for the same update. */

import { type ASTNode, type DocumentNode, type ExecutionArgs, Kind, type SelectionNode, visit } from 'graphql';
import type { Viewer } from '../domain/viewer.js';

/**
 * Names what results depend on besides the stream: the document, the variables, and what the caller may see. What the
 * subscription's own field is given decides about its stream alone: who comes with another cursor gets the same results.
 */
export function subscriptionKey(
  { document, operationName, variableValues }: ExecutionArgs,
  { workspaceId, role }: Viewer,
): string {
  const { number, variables } = lookUp(document);
  // Left out is not null: the document may have a default.
  const values = variables
    .filter((name) => variableValues?.[name] !== undefined)
    .map((name) => [name, variableValues?.[name]]);
  return JSON.stringify([workspaceId, role, number, operationName ?? null, values]);
}

interface KnownDocument {
  /** Unique in this process. */
  number: number;
  /** Variables that results may depend on. */
  variables: string[];
}

const known = new WeakMap<DocumentNode, KnownDocument>();
let documents = 0;

function lookUp(document: DocumentNode): KnownDocument {
  const found = known.get(document) ?? { number: ++documents, variables: findVariables(document) };
  known.set(document, found);
  return found;
}

function findVariables(document: DocumentNode): string[] {
  const names = new Set<string>();
  for (const definition of document.definitions) {
    const parts = definition.kind === Kind.OPERATION_DEFINITION ? belowArguments(definition) : [definition];
    for (const part of parts) visit(part, { Variable: ({ name }) => void names.add(name.value) });
  }
  return [...names];
}

/** All of an operation but its variables' definitions and the arguments of its fields. */
function belowArguments({
  directives = [],
  selectionSet,
}: {
  readonly directives?: readonly ASTNode[];
  readonly selectionSet: { readonly selections: readonly SelectionNode[] };
}): ASTNode[] {
  const below = selectionSet.selections.flatMap((node): ASTNode[] => {
    if (node.kind !== Kind.FIELD) return [node];
    return [...(node.directives ?? []), ...(node.selectionSet ? [node.selectionSet] : [])];
  });
  return [...directives, ...below];
}
