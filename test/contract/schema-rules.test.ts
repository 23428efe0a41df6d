/** The conventions of the GraphQL schema, as ARCHITECTURE.md states them, held against the executable schema. */
import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isNonNullType,
  isObjectType,
  isSpecifiedDirective,
  isSpecifiedScalarType,
  isUnionType,
} from 'graphql';
import { describe, expect, test } from 'vitest';
import { buildGraphQLSchema } from '../../src/graphql/schema.js';

const schema = buildGraphQLSchema();
const types = Object.values(schema.getTypeMap()).filter((type) => !isIntrospectionType(type));
const ownTypes = types.filter((type) => !isSpecifiedScalarType(type));
const mutations = Object.values(schema.getMutationType()?.getFields() ?? {});
const connections = ownTypes.filter(isObjectType).filter(({ name }) => name.endsWith('Connection'));
const fields = ownTypes.flatMap((type) => (isObjectType(type) || isInterfaceType(type) ? listFields(type) : []));

describe('descriptions', () => {
  test('stand on every type, field, argument, input field, enum value and directive', () => {
    const directives = schema.getDirectives().filter((directive) => !isSpecifiedDirective(directive));
    const described = [
      ...ownTypes.flatMap(describedParts),
      ...directives.map(({ name, description }) => ({ path: `@${name}`, description })),
    ];

    expect(described.filter(({ description }) => !description?.trim()).map(({ path }) => path)).toEqual([]);
  });

  test('are sentences: they begin with a capital letter or code and end with a full stop', () => {
    const odd = ownTypes
      .flatMap(describedParts)
      .filter(({ description }) => description && !/^[A-Z0-9`"([–][\s\S]*[.!?:`]$/.test(description.trim()));

    expect(odd.map(({ path, description }) => `${path}: ${description}`)).toEqual([]);
  });
});

describe('mutations', () => {
  test('take one argument `input`, named after the mutation', () => {
    const odd = mutations.filter((mutation) => {
      const [input, ...others] = mutation.args;
      return !input || others.length > 0 || input.name !== 'input' || !isOwnInput(mutation, input);
    });

    expect(odd.map(({ name }) => name)).toEqual([]);
  });

  test('answer with a union named after the mutation: its success first, user errors after it', () => {
    expect(mutations.filter((mutation) => !answersWithOwnUnion(mutation)).map(({ name }) => name)).toEqual([]);
  });
});

describe('user errors', () => {
  test('are named …Error or …Issue and implement UserError', () => {
    const named = ownTypes.filter(isObjectType).filter(({ name }) => /(Error|Issue)$/.test(name));

    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((type) => !isUserError(type)).map(({ name }) => name)).toEqual([]);
  });
});

describe('connections', () => {
  test('have edges, nodes and pageInfo, and nothing is null in them', () => {
    const odd = connections.filter((connection) =>
      ['edges', 'nodes', 'pageInfo'].some((name) => !isNonNullType(connection.getFields()[name]?.type)),
    );

    expect(odd.map(({ name }) => name)).toEqual([]);
  });

  test('have edges of a cursor and a node', () => {
    const odd = connections.filter((connection) => {
      const edge = getNamedType(connection.getFields()['edges']?.type);
      return !isObjectType(edge) || !edge.getFields()['cursor'] || !edge.getFields()['node'];
    });

    expect(odd.map(({ name }) => name)).toEqual([]);
  });

  test('are reached with first, after, last and before', () => {
    const odd = fields
      .filter(({ field }) => connections.some((connection) => connection === getNamedType(field.type)))
      .filter(({ field }) => !['first', 'after', 'last', 'before'].every((name) => hasArgument(field, name)));

    expect(odd.map(({ path }) => path)).toEqual([]);
  });
});

function listFields(type: { name: string; getFields(): Record<string, GraphQLField<unknown, unknown>> }) {
  return Object.values(type.getFields()).map((field) => ({ path: `${type.name}.${field.name}`, field }));
}

interface DescribedPart {
  readonly path: string;
  readonly description: string | null | undefined;
}

/** A type and everything in it that carries a description. */
function describedParts(type: GraphQLNamedType): DescribedPart[] {
  const own = { path: type.name, description: type.description };
  const part = (name: string, description: string | null | undefined) => ({
    path: `${type.name}.${name}`,
    description,
  });
  if (isEnumType(type)) return [own, ...type.getValues().map((value) => part(value.name, value.description))];
  if (isInputObjectType(type))
    return [own, ...Object.values(type.getFields()).map((field) => part(field.name, field.description))];
  if (!isObjectType(type) && !isInterfaceType(type)) return [own];
  return [
    own,
    ...Object.values(type.getFields()).flatMap((field) => [
      part(field.name, field.description),
      ...field.args.map((argument) => part(`${field.name}(${argument.name})`, argument.description)),
    ]),
  ];
}

function hasArgument(field: GraphQLField<unknown, unknown>, name: string): boolean {
  return field.args.some((argument) => argument.name === name);
}

function isOwnInput(mutation: GraphQLField<unknown, unknown>, input: GraphQLArgument): boolean {
  return isNonNullType(input.type) && getNamedType(input.type).name === `${capitalise(mutation.name)}Input`;
}

function answersWithOwnUnion(mutation: GraphQLField<unknown, unknown>): boolean {
  const answer = getNamedType(mutation.type);
  if (!isNonNullType(mutation.type) || !isUnionType(answer)) return false;
  const [success, ...errors] = answer.getTypes();
  const isNamedAfterIt = answer.name === `${capitalise(mutation.name)}Result`;
  return isNamedAfterIt && !!success && !isUserError(success) && errors.length > 0 && errors.every(isUserError);
}

function isUserError(type: GraphQLObjectType): boolean {
  return type.getInterfaces().some(({ name }) => name === 'UserError');
}

function capitalise(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
