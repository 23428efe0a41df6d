/**
 * The list of operations that a server answers, if the operator gives one: those of the .graphql files of a folder, such as
 * `schema/operations`. What production frontends ask is known when they are built; whatever else comes is not theirs.
 */

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type DefinitionNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  parse,
  print,
  type SelectionNode,
  validate,
  visit,
} from 'graphql';

/** Operations that may be asked. */
export interface OperationList {
  /** Whether a document is that of a listed operation, whatever its layout, its order and its `__typename`s. */
  includes(document: DocumentNode): boolean;
  /** The text of a listed operation by the SHA-256 of it, in hex, as the extension `persistedQuery` names it. */
  find(hash: string): string | undefined;
}

/** The folder's documents cannot be served. */
export class OperationListError extends Error {
  override readonly name = 'OperationListError';
}

/**
 * Reads the operations of a folder.
 * @throws {OperationListError} naming the file, or the operation, and what is wrong with it.
 */
export async function readOperationList(folder: string, schema: GraphQLSchema): Promise<OperationList> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.graphql')).sort();
  if (names.length === 0) throw new OperationListError(`There are no .graphql files in ${folder}: check the folder.`);
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  const documents = texts.map((text, index) => parseFile(text, names[index] ?? ''));
  return createOperationList(documents, schema);
}

/** Makes the list; fragments may stand in any of the documents. @throws {OperationListError} */
export function createOperationList(documents: readonly DocumentNode[], schema: GraphQLSchema): OperationList {
  const definitions = documents.flatMap((document) => document.definitions);
  const fragments = new Map(definitions.filter(isFragment).map((fragment) => [fragment.name.value, fragment]));
  const operations = definitions.filter(isOperation).map((operation) => toDocument(operation, fragments));
  for (const document of operations) checkDocument(document, schema);
  const texts = new Map(operations.map(print).map((text) => [hash(text), text]));
  const shapes = new Set(operations.map(shapeOf));
  // Servers keep parsed documents: most come again as the same object.
  const known = new WeakMap<DocumentNode, boolean>();
  return {
    includes(document) {
      const isListed = known.get(document) ?? shapes.has(shapeOf(document));
      known.set(document, isListed);
      return isListed;
    },
    find: (name) => texts.get(name),
  };
}

/** The answer to what is not listed. */
export function refuseUnlisted(): GraphQLError {
  return new GraphQLError('This server answers listed operations only, and this is none of them.', {
    extensions: { code: 'OPERATION_NOT_LISTED', http: { status: 403 } },
  });
}

function parseFile(text: string, name: string): DocumentNode {
  try {
    return parse(text);
  } catch (error) {
    throw new OperationListError(`${name} is not GraphQL: ${error instanceof Error ? error.message : error}`);
  }
}

/** An operation with the fragments that it uses, and those that these use. */
function toDocument(
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): DocumentNode {
  const used = new Set<FragmentDefinitionNode>();
  const collect = (node: DefinitionNode) =>
    void visit(node, {
      FragmentSpread({ name }) {
        const fragment = fragments.get(name.value);
        if (!fragment || used.has(fragment)) return;
        used.add(fragment);
        collect(fragment);
      },
    });
  collect(operation);
  return { kind: Kind.DOCUMENT, definitions: [operation, ...used] };
}

function checkDocument(document: DocumentNode, schema: GraphQLSchema): void {
  const [fault] = validate(schema, document);
  const name = document.definitions.find(isOperation)?.name?.value ?? 'an operation without a name';
  if (fault) throw new OperationListError(`${name} does not fit the schema: ${fault.message}`);
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
  return hash(bare.definitions.map(print).sort().join('\n'));
}

function isTypeName(selection: SelectionNode): boolean {
  return (
    selection.kind === Kind.FIELD &&
    selection.name.value === '__typename' &&
    !selection.alias &&
    !selection.directives?.length
  );
}

function isFragment(definition: DefinitionNode): definition is FragmentDefinitionNode {
  return definition.kind === Kind.FRAGMENT_DEFINITION;
}

function isOperation(definition: DefinitionNode): definition is OperationDefinitionNode {
  return definition.kind === Kind.OPERATION_DEFINITION;
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
