/** Examples in the documents: GraphQL fits the schema, JSON is JSON. */
import { GraphQLError, parse, validate } from 'graphql';
import { describe, expect, test } from 'vitest';
import { buildGraphQLSchema } from '../../src/graphql/schema.js';
import { listFiles, readText } from './source-tree.js';

const documents = ['README.md', ...listFiles('docs').filter((path) => path.endsWith('.md'))];
const schema = buildGraphQLSchema();

describe('examples', () => {
  test('in GraphQL are operations that the schema takes', () => {
    const faults = documents.flatMap((path) =>
      findExamples(readText(path), 'graphql').flatMap((text) => findFaults(text).map((fault) => `${path}: ${fault}`)),
    );

    expect(faults).toEqual([]);
  });

  test('in JSON can be parsed', () => {
    const broken = documents.flatMap((path) =>
      findExamples(readText(path), 'json').filter((text) => !isJson(text.replaceAll('…', ''))),
    );

    expect(broken).toEqual([]);
  });

  test('of a field that is not there are found', () => {
    expect(findFaults('{ nothingOfTheKind }')).toEqual(['Cannot query field "nothingOfTheKind" on type "Query".']);
    expect(findFaults('{ node(')).toEqual(['Syntax Error: Expected Name, found <EOF>.']);
  });
});

function findExamples(text: string, language: string): string[] {
  const blocks = text.matchAll(/^```(?<language>\w*)\n(?<body>[\s\S]*?)^```/gm);
  return [...blocks]
    .filter(({ groups }) => groups?.['language'] === language)
    .map(({ groups }) => groups?.['body'] ?? '');
}

function findFaults(text: string): string[] {
  try {
    return validate(schema, parse(text)).map(({ message }) => message);
  } catch (error) {
    if (error instanceof GraphQLError) return [error.message];
    throw error;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
