/** Which attributes profiles have, told from a sample of them: what a picker offers. Pure. */

import { isMap, MAX_PATH_CHARACTERS } from './attribute-path.js';

/** What an attribute's values are. */
export type AttributeType = 'ARRAY' | 'BOOLEAN' | 'MAP' | 'MIXED' | 'NUMBER' | 'STRING';

/** An attribute that was found. */
export interface SampledAttribute {
  /** Dot path. */
  path: string;
  type: AttributeType;
  /** Whether it can be an activation's attribute. */
  mappable: boolean;
  /** Share of the profiles that have it, 0–1. */
  share: number;
  /** Up to {@link MAX_SAMPLES} different values as JSON text; none of arrays and maps. */
  samples: string[];
}

/** Most attributes that are told of. */
export const MAX_SAMPLED_PATHS = 1_000;
const MAX_SAMPLES = 3;
/** A longer value says no more to whoever picks. */
const MAX_SAMPLE_CHARACTERS = 256;

/**
 * Describes the attributes of profiles, by path; the first {@link MAX_SAMPLED_PATHS} of them. A null is no value; a name that
 * is empty, or has a dot, cannot be part of a path.
 */
export function describeAttributes(profiles: readonly Readonly<Record<string, unknown>>[]): SampledAttribute[] {
  const found = new Map<string, Finding>();
  for (const profile of profiles) collect(profile, '', found);
  return [...found]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .slice(0, MAX_SAMPLED_PATHS)
    .map(([path, { types, count, samples }]) => ({
      path,
      type: typeOf(types),
      mappable: !types.has('ARRAY') && !types.has('MAP'),
      share: count / profiles.length,
      samples: [...samples],
    }));
}

type ValueType = Exclude<AttributeType, 'MIXED'>;

interface Finding {
  types: Set<ValueType>;
  count: number;
  samples: Set<string>;
}

function collect(map: Readonly<Record<string, unknown>>, prefix: string, found: Map<string, Finding>): void {
  for (const [name, value] of Object.entries(map)) {
    const path = prefix + name;
    const type = typeOfValue(value);
    if (type === null || name === '' || name.includes('.') || path.length > MAX_PATH_CHARACTERS) continue;
    const finding = found.get(path) ?? { types: new Set(), count: 0, samples: new Set() };
    found.set(path, finding);
    finding.types.add(type);
    finding.count += 1;
    if (isMap(value)) collect(value, `${path}.`, found);
    else if (type !== 'ARRAY') addSample(finding.samples, JSON.stringify(value));
  }
}

function addSample(samples: Set<string>, text: string): void {
  if (samples.size < MAX_SAMPLES && text.length <= MAX_SAMPLE_CHARACTERS) samples.add(text);
}

function typeOfValue(value: unknown): ValueType | null {
  if (Array.isArray(value)) return 'ARRAY';
  if (isMap(value)) return 'MAP';
  if (typeof value === 'string') return 'STRING';
  if (typeof value === 'number') return 'NUMBER';
  return typeof value === 'boolean' ? 'BOOLEAN' : null;
}

function typeOf(types: ReadonlySet<ValueType>): AttributeType {
  const [type] = types;
  return types.size === 1 && type ? type : 'MIXED';
}
