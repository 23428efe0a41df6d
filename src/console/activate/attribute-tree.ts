/** The attributes of profiles as a tree, with a sample of each value. Pure. */

import type { AttributePathsQuery } from '../generated/graphql.js';

/** An attribute, or a group of them. */
export interface AttributeNode {
  readonly name: string;
  /** Dot path, such as `person.name.firstName`. */
  readonly path: string;
  /** A value of it as text; null for groups, and where none may be seen. */
  readonly sample: string | null;
  /** Share of the profiles that have it, 0–1. */
  readonly share: number;
  /** Sorted by name; empty for attributes. */
  readonly children: readonly AttributeNode[];
}

/** An attribute as the API tells of it. */
export type FoundAttribute = AttributePathsQuery['attributePaths'][number];

/** Makes the tree below a path. What cannot be mapped is left out, unless something below it can. */
export function buildAttributeTree(found: readonly FoundAttribute[], prefix = ''): AttributeNode[] {
  const below = found.filter(({ path }) => path.startsWith(prefix));
  const direct = below.filter(({ path }) => !path.includes('.', prefix.length));
  return direct.flatMap(({ path, mappable, samples, share }): AttributeNode[] => {
    const name = path.slice(prefix.length);
    const children = buildAttributeTree(below, `${path}.`);
    if (children.length > 0) return [{ name, path, sample: null, share, children }];
    const [sample] = samples;
    return mappable ? [{ name, path, sample: sample ? String(JSON.parse(sample)) : null, share, children: [] }] : [];
  });
}
