/** Every place of the schema that takes an id of something stored: arguments of operations, and of fields below them. */
import {
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isInputObjectType,
  isListType,
  isObjectType,
  isUnionType,
} from 'graphql';
import { type OperationKind, selectLeaves, writeArguments, writeOperation } from './input-leaves.js';
import { sampleValue } from './sample-input.js';

/** One place. */
export interface IdPosition {
  /** Such as `triggerExport(input.segmentIds)` or `Segment.members(filter.segmentId)`. */
  name: string;
  kind: OperationKind;
  field: GraphQLField<unknown, unknown>;
  /** The type that has the field, a node or an update of a subscription; null for an operation's own. */
  parent: string | null;
  /** The argument, then fields below it; lists have no step of their own. */
  path: readonly string[];
  isList: boolean;
  /** Whether it takes global ids; else those that the customer gives to segments and profiles. */
  isGlobal: boolean;
}

/** Lists them all. */
export function listIdPositions(schema: GraphQLSchema): IdPosition[] {
  const roots = {
    query: schema.getQueryType(),
    mutation: schema.getMutationType(),
    subscription: schema.getSubscriptionType(),
  };
  const ofOperations = (['query', 'mutation', 'subscription'] as const).flatMap((kind) =>
    Object.values(roots[kind]?.getFields() ?? {}).flatMap((field) => positionsOf({ kind, field, parent: null })),
  );
  const others = Object.values(schema.getTypeMap())
    .filter(isObjectType)
    .filter((type) => !Object.values(roots).includes(type));
  const ofOthers = others.flatMap((type) => {
    const isNode = type.getInterfaces().some(({ name }) => name === 'Node');
    const place = { kind: isNode ? ('query' as const) : ('subscription' as const), parent: type.name };
    return Object.values(type.getFields()).flatMap((field) => positionsOf({ ...place, field }));
  });
  return [...ofOperations, ...ofOthers];
}

const END = '... on StreamEnded { code message resumeAfter }';

/** The text of the operation. That of a node's field takes the node as `$node`; that of an update's, what leads to the update. */
export function writePosition(position: IdPosition, variables: Readonly<Record<string, unknown>>): string {
  const {
    kind,
    field,
    parent,
    path: [argument = ''],
  } = position;
  if (parent === null) {
    const text = writeOperation(kind, field, variables);
    return isUnionType(getNamedType(field.type)) && kind === 'subscription' ? text.replace(/} }$/, `${END} } }`) : text;
  }
  const { declared, passed } = writeArguments(field, { [argument]: variables[argument] });
  const call = `__typename ... on ${parent} { ${field.name}(${passed}) ${selectLeaves(field.type)} }`;
  if (kind === 'query') return `query ($node: ID!, ${declared}) { node(id: $node) { ${call} } }`;
  const events = `deliveryEvents(destinationId: $destinationId, after: $after) { ${call} ${END} }`;
  return `subscription ($destinationId: ID!, $after: String, ${declared}) { ${events} }`;
}

/**
 * Variables with an id at the position, and all else as it was.
 * @param variables with which the operation is in order but for the id.
 * @param beside whether it comes after what a list has; else it is alone in it.
 */
export function placeId(
  { field, path: [argument = '', ...path], isList }: IdPosition,
  variables: Readonly<Record<string, unknown>>,
  { id, beside }: { id: string; beside: boolean },
): Record<string, unknown> {
  const type = field.args.find(({ name }) => name === argument)?.type;
  if (!type) throw new Error(`${field.name} has no argument ${argument}.`);
  const place = (known: unknown) => (isList ? [...(beside && Array.isArray(known) ? known : []), id] : id);
  return { ...variables, [argument]: change({ type, path }, variables[argument], place) };
}

function change(
  { type, path: [step, ...path] }: { type: GraphQLInputType; path: readonly string[] },
  known: unknown,
  place: (known: unknown) => unknown,
): unknown {
  const bare = getNullableType(type);
  if (step === undefined) return place(known);
  if (isListType(bare)) return [change({ type: bare.ofType, path: [step, ...path] }, Object(known)[0], place)];
  const below = isInputObjectType(bare) && bare.getFields()[step];
  if (!below) throw new Error(`${bare} has no field ${step}.`);
  const object = Object(known ?? sampleValue(bare));
  return { ...object, [step]: change({ type: below.type, path }, object[step], place) };
}

type Place = Pick<IdPosition, 'kind' | 'field' | 'parent'>;

function positionsOf(place: Place): IdPosition[] {
  const { field, parent } = place;
  return field.args.flatMap(({ name, type }) =>
    idsBelow(type, [name]).map((found) => ({
      ...{ ...place, ...found },
      name: `${parent === null ? '' : `${parent}.`}${field.name}(${found.path.join('.')})`,
    })),
  );
}

function idsBelow(type: GraphQLInputType, path: readonly string[]): Pick<IdPosition, 'path' | 'isList' | 'isGlobal'>[] {
  const bare = getNullableType(type);
  const isList = isListType(bare);
  const entry = isList ? getNullableType(bare.ofType) : bare;
  if (isInputObjectType(entry))
    return Object.values(entry.getFields()).flatMap((field) => idsBelow(field.type, [...path, field.name]));
  const isGlobal = String(entry) === 'ID';
  const isCustomers = String(entry) === 'String' && /^(profile|segment)Ids?$/.test(path.at(-1) ?? '');
  return isGlobal || isCustomers ? [{ path, isList, isGlobal }] : [];
}
