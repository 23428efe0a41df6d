/** The leaves of an operation's arguments: every place into which a client can write a value. */
import {
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLOutputType,
  getNamedType,
  getNullableType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
} from 'graphql';
import { sampleValue } from './sample-input.js';

/** A place for a value: the argument, then fields below it. */
export interface InputLeaf {
  argument: string;
  /** As `sampleValue` names it: `.filter.ids`; empty for an argument that is a leaf itself. */
  path: string;
  typeName: string;
}

/** Lists every leaf of a field's arguments; a list counts as its entry. */
export function listInputLeaves(field: GraphQLField<unknown, unknown>): InputLeaf[] {
  return field.args.flatMap(({ name, type }) => leavesBelow(type, '').map((leaf) => ({ argument: name, ...leaf })));
}

function leavesBelow(type: GraphQLInputType, path: string): { path: string; typeName: string }[] {
  const bare = getNullableType(type);
  if (isListType(bare)) return leavesBelow(bare.ofType, path);
  if (!isInputObjectType(bare)) return [{ path, typeName: bare.name }];
  return Object.values(bare.getFields()).flatMap((field) => leavesBelow(field.type, `${path}.${field.name}`));
}

/** Variables with a value at one leaf, and samples around it: all of them, since the leaf may stand in what may be left out. */
export function fillLeaf(
  field: GraphQLField<unknown, unknown>,
  leaf: InputLeaf,
  value: unknown,
): Record<string, unknown> {
  const given = field.args.filter(({ name, type }) => name === leaf.argument || isNonNullType(type));
  return Object.fromEntries(
    given.map(({ name, type }) => [
      name,
      sampleValue(type, name === leaf.argument && leaf.path !== '' ? 'all' : 'required', (_type, path) =>
        name === leaf.argument && path === leaf.path ? value : undefined,
      ),
    ]),
  );
}

/** The kinds of operations. */
export type OperationKind = 'query' | 'mutation' | 'subscription';

/** The text of an operation that calls one root field with the given variables. */
export function writeOperation(
  kind: OperationKind,
  field: GraphQLField<unknown, unknown>,
  variables: Readonly<Record<string, unknown>>,
): string {
  const { declared, passed } = writeArguments(field, variables);
  const selection = kind === 'query' ? selectFound(field.type) : selectLeaves(field.type);
  return `${kind}${declared && ` (${declared})`} { ${field.name}${passed && `(${passed})`} ${selection} }`;
}

/** How an operation declares those of a field's arguments that are given, and how it passes them. */
export function writeArguments(
  field: GraphQLField<unknown, unknown>,
  variables: Readonly<Record<string, unknown>>,
): { declared: string; passed: string } {
  const given = field.args.filter(({ name }) => name in variables);
  return {
    declared: given.map(({ name, type }) => `$${name}: ${type}`).join(', '),
    passed: given.map(({ name }) => `${name}: $${name}`).join(', '),
  };
}

const PROBLEM = `... on UserError {
  code message path
  ... on InvalidInputError { issues { code message path } }
  ... on ConflictError { current { __typename id } }
  ... on InvalidStateError { current { __typename id } }
}`;

/** Likewise, and of a union what its success has found. */
function selectFound(type: GraphQLOutputType): string {
  const named = getNamedType(type);
  const success = isUnionType(named) && named.getTypes().find(({ name }) => name.endsWith('Success'));
  if (!success) return selectLeaves(type);
  const found = Object.values(success.getFields()).map((field) => `${field.name} ${selectLeaves(field.type)}`);
  return `${selectLeaves(type).slice(0, -1)} ... on ${success.name} { ${found.join(' ')} } }`;
}

/** Everything of a type that takes no arguments and has no parts; of unions, their user errors. */
export function selectLeaves(type: GraphQLOutputType): string {
  const named = getNamedType(type);
  if (isLeafType(named)) return '';
  const problem = isUnionType(named) && named.getTypes().some(({ name }) => name.endsWith('Error')) ? PROBLEM : '';
  const fields = isObjectType(named) ? Object.values(named.getFields()) : [];
  const leaves = fields.filter((field) => field.args.length === 0 && isLeafType(getNamedType(field.type)));
  const nodes = fields.some(({ name }) => name === 'nodes') ? 'nodes { __typename }' : '';
  return `{ __typename ${leaves.map(({ name }) => name).join(' ')} ${nodes} ${problem} }`;
}
