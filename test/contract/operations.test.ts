/** The documents that the CLI, the tests and the console run: valid, named, and without leftovers. */
import {
  buildSchema,
  concatAST,
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  parse,
  Source,
  validate,
  visit,
} from 'graphql';
import { describe, expect, test } from 'vitest';
import { listFiles, readText } from './source-tree.js';

const schema = buildSchema(readText('schema/schema.graphql'));
const paths = listFiles('schema/operations').filter((path) => path.endsWith('.graphql'));
const sources = paths.map((path) => ({ path, document: parse(new Source(readText(path), path)) }));
const all: DocumentNode = concatAST(sources.map(({ document }) => document));
const operations = all.definitions.filter(
  (node): node is OperationDefinitionNode => node.kind === Kind.OPERATION_DEFINITION,
);
const fragments = all.definitions.filter(
  (node): node is FragmentDefinitionNode => node.kind === Kind.FRAGMENT_DEFINITION,
);

describe('the documents of schema/operations', () => {
  test('are valid against the schema, all together: names are unique, fragments known and used', () => {
    const faults = validate(schema, all).map(
      ({ message, locations, source }) => `${source?.name}:${locations?.[0]?.line}: ${message}`,
    );

    expect(faults).toEqual([]);
  });

  test('are in every file, and name every operation', () => {
    expect(sources.filter(({ document }) => document.definitions.length === 0)).toEqual([]);
    expect(operations.length).toBeGreaterThan(0);
    expect(operations.filter(({ name }) => !name)).toEqual([]);
  });

  test('define each fragment once and use it', () => {
    const names = fragments.map(({ name }) => name.value);
    const spread = new Set<string>();
    visit(all, { FragmentSpread: ({ name }) => void spread.add(name.value) });

    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    expect(names.filter((name) => !spread.has(name))).toEqual([]);
  });

  test('ask every mutation for the name of its answer and for what all errors have', () => {
    const mutations = operations.filter(({ operation }) => operation === 'mutation');
    const without = mutations.filter(({ selectionSet }) =>
      selectionSet.selections.some((field) => {
        if (field.kind !== Kind.FIELD) return true;
        const asked = field.selectionSet?.selections ?? [];
        const hasName = asked.some((node) => node.kind === Kind.FIELD && node.name.value === '__typename');
        const hasErrors = asked.some((node) => node.kind === Kind.FRAGMENT_SPREAD && node.name.value === 'Problem');
        return !hasName || !hasErrors;
      }),
    );

    expect(without.map(({ name }) => name?.value)).toEqual([]);
  });

  test('reach every mutation and subscription of the schema', () => {
    const reached = new Set<string>();
    for (const { operation, selectionSet } of operations) {
      for (const field of selectionSet.selections) {
        if (field.kind === Kind.FIELD) reached.add(`${operation} ${field.name.value}`);
      }
    }
    const offered = [
      ...Object.keys(schema.getMutationType()?.getFields() ?? {}).map((name) => `mutation ${name}`),
      ...Object.keys(schema.getSubscriptionType()?.getFields() ?? {}).map((name) => `subscription ${name}`),
    ];

    expect(offered.filter((name) => !reached.has(name))).toEqual([]);
  });
});
