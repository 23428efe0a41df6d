/** Values of any input type of the schema, so that a test can call every operation there is. */
import {
  type GraphQLInputType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
} from 'graphql';

/** Whether what may be left out is given as well. */
export type SampleDepth = 'required' | 'all';

const SCALARS: Readonly<Record<string, unknown>> = {
  BigInt: 1,
  Boolean: true,
  DateTimeISO: '2030-01-31T00:00:00.000Z',
  Float: 1,
  ID: 'none',
  Int: 1,
  JSONObject: {},
  String: 'sample',
};

/**
 * A value that the type takes.
 * @param replace gives another value for a leaf of a type (`ID`, `String` …) at a path such as `input.name`; undefined
 *   leaves the usual one.
 */
export function sampleValue(
  type: GraphQLInputType,
  depth: SampleDepth = 'required',
  replace: (typeName: string, path: string) => unknown = () => undefined,
): unknown {
  return sampleAt(type, '', { depth, replace });
}

interface Sampling {
  depth: SampleDepth;
  replace: (typeName: string, path: string) => unknown;
}

function sampleAt(type: GraphQLInputType, path: string, sampling: Sampling): unknown {
  const bare = getNullableType(type);
  if (isListType(bare)) return [sampleAt(bare.ofType, path, sampling)];
  if (isInputObjectType(bare)) {
    const fields = Object.values(bare.getFields());
    const given = fields.filter((field) => sampling.depth === 'all' || isNonNullType(field.type));
    return Object.fromEntries(
      given.map((field) => [field.name, sampleAt(field.type, `${path}.${field.name}`, sampling)]),
    );
  }
  const other = sampling.replace(bare.name, path);
  if (other !== undefined) return other;
  if (isEnumType(bare)) return bare.getValues()[0]?.value;
  if (bare.name in SCALARS) return SCALARS[bare.name];
  throw new Error(`There is no sample of the scalar ${bare.name}: add one.`);
}
