/** The attributes of some profiles as a tree, with a sample of each value. Pure. */

/** An attribute, or a group of them. */
export interface AttributeNode {
  readonly name: string;
  /** Dot path, such as `person.name.firstName`. */
  readonly path: string;
  /** A value of it as text; null for groups. */
  readonly sample: string | null;
  /** Sorted by name; empty for attributes. */
  readonly children: readonly AttributeNode[];
}

type Attributes = Readonly<Record<string, unknown>>;

/** Merges profiles into one tree. Lists are left out: records hold texts, numbers and booleans only. */
export function buildAttributeTree(profiles: readonly Attributes[], prefix = ''): AttributeNode[] {
  const names = [...new Set(profiles.flatMap((profile) => Object.keys(profile)))].filter(isPathPart).sort();
  return names.flatMap((name): AttributeNode[] => {
    const path = prefix + name;
    const values = profiles.map((profile) => profile[name]);
    const groups = values.filter(isGroup);
    if (groups.length > 0) {
      const children = buildAttributeTree(groups, `${path}.`);
      return children.length > 0 ? [{ name, path, sample: null, children }] : [];
    }
    const sample = values.find(isMappable);
    return sample === undefined ? [] : [{ name, path, sample: String(sample), children: [] }];
  });
}

/** A name with a dot, or none, cannot be part of a dot path. */
function isPathPart(name: string): boolean {
  return name !== '' && !name.includes('.');
}

function isGroup(value: unknown): value is Attributes {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isMappable(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}
