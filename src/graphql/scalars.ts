/** Custom scalars of the schema. */

import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import { GraphQLDateTimeISO } from 'graphql-scalars';

/** Scalar `BigInt`: a number where JSON keeps it exact, else a decimal text. */
export const BigIntScalar = new GraphQLScalarType<number | bigint, number | string>({
  name: 'BigInt',
  description:
    'A whole number of any size: a JSON number within ±(2^53 − 1), a decimal string beyond; inputs take both. For counts of records and for bytes.',
  serialize: (value) => serializeBigInt(value),
  parseValue: (value) => parseBigInt(value),
  parseLiteral: (node) => parseBigInt('value' in node ? node.value : undefined),
});

/** Scalar `JSONObject`. Whole numbers that JSON numbers cannot hold exactly are refused; fractions are rounded. */
export const JSONObjectScalar = new GraphQLScalarType<Record<string, unknown>, unknown>({
  name: 'JSONObject',
  description:
    'A JSON object. Whole numbers beyond ±(2^53 − 1) are refused in inputs, and fractions are rounded to double precision (15 to 17 digits): send as strings what must stay exact.',
  serialize: (value) => value,
  parseValue: (value) => assertJsonObject(value),
  parseLiteral: (node, variables) => assertJsonObject(literal(node, variables ?? {})),
});

/** Scalar `DateTimeISO`. */
export const DateTimeScalar = new GraphQLScalarType<Date, string>({
  ...GraphQLDateTimeISO.toConfig(),
  name: 'DateTimeISO',
  description: 'A time in UTC as `2026-01-31T21:24:39.000Z`; inputs also take an offset such as `+01:00`.',
  serialize: (value) => {
    if (value instanceof Date) return value.toISOString();
    throw new GraphQLError('Not a time.');
  },
});

function serializeBigInt(value: unknown): number | string {
  if (typeof value === 'number' && Number.isInteger(value)) return value;
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  throw new GraphQLError('Not a whole number.');
}

function parseBigInt(value: unknown): number | bigint {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  if (typeof value === 'string' && /^-?\d{1,40}$/.test(value)) {
    const parsed = BigInt(value);
    return Number.isSafeInteger(Number(parsed)) ? Number(parsed) : parsed;
  }
  throw new GraphQLError('BigInt takes a whole number within ±(2^53 − 1), or a decimal text.');
}

function assertJsonObject(value: unknown): Record<string, unknown> {
  if (!isObject(value)) throw new GraphQLError('JSONObject takes a JSON object.');
  assertExact(value, 0);
  return value;
}

const MAX_DEPTH = 100;

function assertExact(value: unknown, depth: number): void {
  if (depth > MAX_DEPTH) throw new GraphQLError(`JSONObject takes at most ${MAX_DEPTH} levels.`);
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value))
    throw new GraphQLError('A whole number beyond ±(2^53 − 1) would be rounded: send it as a string.');
  if (typeof value !== 'object' || value === null) return;
  for (const inner of Object.values(value)) assertExact(inner, depth + 1);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function literal(node: ValueNode, variables: Record<string, unknown>): unknown {
  switch (node.kind) {
    case Kind.OBJECT:
      // fromEntries defines own properties: a key `__proto__` stays data.
      return Object.fromEntries(node.fields.map((field) => [field.name.value, literal(field.value, variables)]));
    case Kind.LIST:
      return node.values.map((value) => literal(value, variables));
    case Kind.INT:
    case Kind.FLOAT:
      return Number(node.value);
    case Kind.NULL:
      return null;
    case Kind.VARIABLE:
      return variables[node.name.value];
    default:
      return node.value;
  }
}
