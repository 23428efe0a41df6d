/**
 * Manifests of operations, which the build makes of `schema/operations`: each operation whole, by the SHA-256 of its text. The
 * format is that of Apollo's persisted query manifests, so that the tools of other frontends write it as well.
 */

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type DefinitionNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  parse,
  print,
  validate,
  visit,
} from 'graphql';
import { z } from 'zod';

/** One operation, with the fragments that it uses. */
export interface ListedOperation {
  /** SHA-256 of the body, in hex: what `persistedQuery` names it by. */
  id: string;
  name: string;
  type: 'query' | 'mutation' | 'subscription';
  body: string;
}

/** Operations cannot be listed. */
export class OperationListError extends Error {
  override readonly name = 'OperationListError';
}

const FORMAT = 'apollo-persisted-query-manifest';
const Manifest = z.object({
  format: z.literal(FORMAT),
  version: z.literal(1),
  operations: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      type: z.enum(['query', 'mutation', 'subscription']),
      body: z.string(),
    }),
  ),
});

/**
 * Makes the text of a manifest of a folder's .graphql files; fragments may stand in any of them.
 * @throws {OperationListError} naming the file, or the operation, and what is wrong with it.
 */
export async function makeManifest(folder: string, schema: GraphQLSchema): Promise<string> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.graphql')).sort();
  if (names.length === 0) throw new OperationListError(`There are no .graphql files in ${folder}: check the folder.`);
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  const documents = texts.map((text, index) => parseText(text, names[index] ?? ''));
  const operations = listOperations(documents);
  for (const { name, body } of operations) checkFit(parse(body), { name, schema });
  return `${JSON.stringify({ format: FORMAT, version: 1, operations }, null, 2)}\n`;
}

/** Reads a manifest. @throws {OperationListError} naming the file and what is wrong with it. */
export async function readManifest(path: string): Promise<ListedOperation[]> {
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null)
    throw new OperationListError(`There is no manifest ${path}: \`npm run build\` makes that of the console.`);
  const found = Manifest.safeParse(parseJson(text));
  if (!found.success) throw new OperationListError(`${path} is no manifest of operations (${FORMAT}, version 1).`);
  const wrong = found.data.operations.find(({ id, body }) => id !== hashText(body));
  if (wrong) throw new OperationListError(`${path}: the id of ${wrong.name} is not the SHA-256 of its body, in hex.`);
  return found.data.operations;
}

/** The SHA-256 of a text, in hex. */
export function hashText(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Parses what is named so. @throws {OperationListError} */
export function parseText(text: string, name: string): DocumentNode {
  try {
    return parse(text);
  } catch (error) {
    throw new OperationListError(`${name} is not GraphQL: ${error instanceof Error ? error.message : error}`);
  }
}

/** Holds a document against the schema. @throws {OperationListError} */
export function checkFit(document: DocumentNode, { name, schema }: { name: string; schema: GraphQLSchema }): void {
  const [fault] = validate(schema, document);
  if (fault) throw new OperationListError(`${name} does not fit the schema: ${fault.message}`);
}

function listOperations(documents: readonly DocumentNode[]): ListedOperation[] {
  const definitions = documents.flatMap((document) => document.definitions);
  const fragments = new Map(definitions.filter(isFragment).map((fragment) => [fragment.name.value, fragment]));
  return definitions.filter(isOperation).map((operation) => {
    const body = print(withFragments(operation, fragments));
    const name = operation.name?.value ?? 'an operation without a name';
    return { id: hashText(body), name, type: operation.operation, body };
  });
}

/** An operation with the fragments that it uses, and those that these use. */
function withFragments(
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

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isFragment(definition: DefinitionNode): definition is FragmentDefinitionNode {
  return definition.kind === Kind.FRAGMENT_DEFINITION;
}

function isOperation(definition: DefinitionNode): definition is OperationDefinitionNode {
  return definition.kind === Kind.OPERATION_DEFINITION;
}
