import { buildSchema, getVariableValues, type OperationDefinitionNode, parse, validate } from 'graphql';
import { expect, test } from 'vitest';
import { redactValues, withoutSuggestions } from '../../src/http/redact-message.js';

const schema = buildSchema(`
  enum Mode { FAST SLOW }
  input Inner { name: String! mode: Mode count: Int tags: [String!] }
  type Query { f(input: Inner, mode: Mode, count: Int, name: String, on: Boolean, id: ID, ratio: Float): Int }
`);

function redactedVariables(input: unknown): string[] {
  const definition = parse('query ($input: Inner) { f(input: $input) }').definitions[0];
  const variables = isOperation(definition) ? (definition.variableDefinitions ?? []) : [];
  const { errors = [] } = getVariableValues(schema, variables, { input });
  return errors.map((error) => redactValues(error.message, error.originalError?.message));
}

function isOperation(node: { kind: string } | undefined): node is OperationDefinitionNode {
  return node?.kind === 'OperationDefinition';
}

test.each([
  [{ name: 5, mode: 'SECRET' }, ['at "input.name"; Expected type "String".', 'at "input.mode"; Expected type "Mode".']],
  [{ name: 'x', count: 'SECRET' }, ['at "input.count"; Expected type "Int".']],
  [{ name: 'x', tags: ['SECRET', null] }, ['at "input.tags[1]"; Expected non-nullable type "String!" not to be null.']],
  [{ mode: 'FAST' }, ['; Field "name" of required type "String!" was not provided.']],
  [{ name: 'x', SECRETS: 1 }, ['; Field "SECRETS" is not defined by type "Inner".']],
  ['SECRET', ['; Expected type "Inner" to be an object.']],
  [['SECRET" at "input.forged"; x'], ['; Expected type "Inner" to be an object.']],
])('of the variable %j only the place and the type stay', (input, expected) => {
  const messages = redactedVariables(input);

  expect(messages).toHaveLength(expected.length);
  messages.forEach((message, index) => {
    expect(message).toContain(expected[index]);
    expect(message).toMatch(/^Variable "\$input" got an invalid value/);
    expect(message.replace('SECRETS', '')).not.toMatch(/SECRET|forged/);
  });
});

test.each([
  'input: "SECRET"',
  'mode: "SECRET"',
  'mode: SECRET',
  'count: "SECRET"',
  'name: [5, "SECRET"]',
  'on: "SECRET"',
  'id: [SECRET]',
  'ratio: "SECRET"',
])('the literal in f(%s) does not come back', (argument) => {
  const errors = validate(schema, parse(`{ f(${argument}) }`));

  expect(errors.length).toBeGreaterThan(0);
  for (const { message } of errors) expect(redactValues(message)).not.toContain('SECRET');
});

test.each(['{ f(name: "a" "SECRET") }', '{ "SECRET" }', '{ f(name: """a""" """SECRET""") }', '{ f("SECRET": 1) }'])(
  'the literal in the malformed %s does not come back',
  (query) => {
    expect(syntaxMessage(query)).toMatch(/^Syntax Error: /);
    expect(redactValues(syntaxMessage(query))).not.toContain('SECRET');
  },
);

test('messages without values stay as they are', () => {
  const [error] = validate(schema, parse('{ g }'));

  expect(redactValues(error?.message ?? '')).toBe('Cannot query field "g" on type "Query". Did you mean "f"?');
  expect(withoutSuggestions(error?.message ?? '')).toBe('Cannot query field "g" on type "Query".');
});

function syntaxMessage(query: string): string {
  try {
    parse(query);
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
  return '';
}
