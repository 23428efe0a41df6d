import { buildSchema, getOperationAST, parse, validate } from 'graphql';
import { describe, expect, test } from 'vitest';
import { MAX_COST, MAX_DEPTH, MAX_TOKENS } from '../../src/http/operation-limits.js';
import { weighOperation } from '../../src/http/operation-weight.js';
import { listFiles, readText } from '../contract/source-tree.js';

const schema = buildSchema(readText('schema/schema.graphql'));

function weigh(query: string, variables: Record<string, unknown> = {}, name?: string) {
  const document = parse(query);
  expect(validate(schema, document)).toEqual([]);
  const operation = getOperationAST(document, name);
  if (!operation) throw new Error('There is no operation.');
  return weighOperation({ schema, document, operation, variables });
}

describe('cost', () => {
  const nested = (size: string) => `{
    destinations(first: ${size}) { nodes { activations(first: ${size}) { nodes { exports(first: ${size}) { nodes { id } } } } } }
  }`;

  test.each([
    ['{ viewer { role } }', 1],
    ['{ segments(first: 50) { nodes { name } } }', 51],
    ['{ segments { nodes { name } } }', 21],
    ['{ segments(last: 7) { edges { cursor } } }', 8],
    // The connection, its edges, and a node in each.
    ['{ segments(first: 50) { edges { node { name } } } }', 101],
    ['{ segments(first: 50) { pageInfo { endCursor } totalCount } }', 2],
    ['{ nodes(ids: ["a", "b", "c"]) { id } }', 3],
    [nested('50'), 1 + 50 * (1 + 1 + 50 * (1 + 1 + 50))],
  ])('of %s is %i', (query, cost) => expect(weigh(query).cost).toBe(cost));

  test('goes by variables, and by their defaults', () => {
    const query = 'query ($first: Int = 3) { segments(first: $first) { nodes { name } } }';

    expect(weigh(query, { first: 9 }).cost).toBe(10);
    expect(weigh(query).cost).toBe(4);
  });

  test.each([0, -5, 101, 1e9, 'x', [], Number.NaN])('of a page of %j is that of the largest', (first) => {
    expect(weigh('query ($first: Int) { segments(first: $first) { nodes { name } } }', { first }).cost).toBe(101);
  });

  test('of a page that is refused already is that of its larger bound', () => {
    expect(weigh('{ segments(first: 5, last: 80) { nodes { name } } }').cost).toBe(81);
  });

  test('is the same through fragments, named or not', () => {
    const query = `
      { segments(first: 50) { ...Page ... { totalCount } } }
      fragment Page on SegmentConnection { nodes { ...Name } }
      fragment Name on Segment { name members(first: 10) { nodes { status } } }`;

    expect(weigh(query).cost).toBe(1 + 50 * (1 + 1 + 10));
  });

  test('of fragments that spread the one before twice is told without spreading them', () => {
    const bomb = Array.from(
      { length: 60 },
      (_value, index) => `fragment F${index + 1} on Viewer { ...F${index} ...F${index} }`,
    );

    const { cost } = weigh(`{ viewer { ...F60 } } fragment F0 on Viewer { workspace { id } } ${bomb.join(' ')}`);

    expect(cost).toBeGreaterThan(MAX_COST);
  });
});

test('depth counts fields below each other, through fragments, but not those of the schema', () => {
  expect(weigh('{ viewer { role } }').depth).toBe(2);
  expect(weigh('{ viewer { ...W } } fragment W on Viewer { workspace { ... on Workspace { id } } }').depth).toBe(3);
  expect(weigh('{ __schema { types { fields { type { name } } } } }')).toMatchObject({ depth: 1, asksForSchema: true });
});

test('aliases and directives are counted in the whole document', () => {
  const query =
    '{ a: viewer { role @skip(if: true) } ...F } fragment F on Query { b: viewer { role @include(if: true) } }';

  expect(weigh(query)).toMatchObject({ aliases: 2, directives: 2, asksForSchema: false });
});

test('our own documents stay well below the limits', () => {
  const text = listFiles('schema/operations')
    .filter((path) => path.endsWith('.graphql'))
    .map(readText)
    .join('\n');
  const document = parse(text);
  const names = document.definitions.flatMap((node) =>
    node.kind === 'OperationDefinition' && node.name ? [node.name.value] : [],
  );

  const weights = names.map((name) => {
    const operation = getOperationAST(document, name);
    if (!operation) throw new Error(`There is no ${name}.`);
    return { name, ...weighOperation({ schema, document, operation, variables: { first: 100 } }) };
  });

  expect(weights.filter(({ cost, depth }) => cost > MAX_COST / 2 || depth > MAX_DEPTH - 2)).toEqual([]);
  expect(() => parse(longest(text), { maxTokens: MAX_TOKENS / 2 })).not.toThrow();
});

/** The longest operation with every fragment that there is, which is more than it uses. */
function longest(text: string): string {
  const sources = parse(text).definitions.map((node) => ({ node, text: text.slice(node.loc?.start, node.loc?.end) }));
  const fragments = sources.filter(({ node }) => node.kind === 'FragmentDefinition').map((source) => source.text);
  const operations = sources.filter(({ node }) => node.kind === 'OperationDefinition').map((source) => source.text);
  return [...fragments, operations.sort((a, b) => b.length - a.length)[0]].join('\n');
}
