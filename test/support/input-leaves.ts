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

/** The text of an operation that calls one root field with the given variables. */
export function writeOperation(
  kind: 'query' | 'mutation' | 'subscription',
  field: GraphQLField<unknown, unknown>,
  variables: Readonly<Record<string, unknown>>,
): string {
  const given = field.args.filter(({ name }) => name in variables);
  const declared = given.map(({ name, type }) => `$${name}: ${type}`).join(', ');
  const passed = given.map(({ name }) => `${name}: $${name}`).join(', ');
  const selection = selectLeaves(field.type);
  return `${kind}${declared && ` (${declared})`} { ${field.name}${passed && `(${passed})`} ${selection} }`;
}

const PROBLEM = '... on UserError { code message path ... on InvalidInputError { issues { code message path } } }';

/** Everything of a type that takes no arguments and has no parts; of unions, their user errors. */
function selectLeaves(type: GraphQLOutputType): string {
  const named = getNamedType(type);
  if (isLeafType(named)) return '';
  const problem = isUnionType(named) && named.getTypes().some(({ name }) => name.endsWith('Error')) ? PROBLEM : '';
  const fields = isObjectType(named) ? Object.values(named.getFields()) : [];
  const leaves = fields.filter((field) => field.args.length === 0 && isLeafType(getNamedType(field.type)));
  const nodes = fields.some(({ name }) => name === 'nodes') ? 'nodes { __typename }' : '';
  return `{ __typename ${leaves.map(({ name }) => name).join(' ')} ${nodes} ${problem} }`;
}
