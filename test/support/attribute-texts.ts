/** What the database answers for attribute paths, made from the attributes in memory. */

/** JSON text of the value at each dot path; empty where there is none. Only objects have names. */
export function attributeTexts(attributes: Record<string, unknown>, paths: readonly string[]): string[] {
  return paths.map((path) => {
    const value = path.split('.').reduce<unknown>((at, name) => ownValue(at, name), attributes);
    return value === undefined ? '' : JSON.stringify(value);
  });
}

function ownValue(at: unknown, name: string): unknown {
  const isMap = typeof at === 'object' && at !== null && !Array.isArray(at);
  return isMap ? Object.getOwnPropertyDescriptor(at, name)?.value : undefined;
}
