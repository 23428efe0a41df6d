/** Attribute paths: dot paths such as `person.name.firstName` that say which attributes records hold. */

import type { InputIssues } from './input-issues.js';

/** Kinds of values that cannot be mapped. */
export type UnmappableType = 'array' | 'object';

/** Most paths of an activation. */
export const MAX_ATTRIBUTES = 100;

/** Longest path, in characters. */
export const MAX_PATH_CHARACTERS = 512;

/**
 * Checks the form of an activation's attribute paths: at most 100 of 1–512 characters, with non-empty parts between
 * the dots, none twice and none above another (`a` cannot be a value and hold `a.b`).
 */
export function checkAttributePaths(issues: InputIssues, paths: readonly string[]): void {
  if (paths.length > MAX_ATTRIBUTES) {
    issues.add('OUT_OF_RANGE', 'attributes', `\`attributes\` has ${paths.length} paths; give 0–${MAX_ATTRIBUTES}.`);
    return;
  }
  const known = new Set(paths);
  const seen = new Set<string>();
  paths.forEach((path, index) => {
    const field = ['attributes', String(index)];
    if (!checkAttributePath(issues, field, path)) return;
    if (seen.has(path))
      issues.add('DUPLICATE', field, `\`${field.join('.')}\` is there before already: leave one out.`);
    else checkAbove(issues, { field, path, known });
    seen.add(path);
  });
}

/** Checks the form of one path: 1–512 characters, with non-empty parts between the dots. @returns whether it is right. */
export function checkAttributePath(issues: InputIssues, field: string[], path: string): boolean {
  const faults = issues.count;
  issues.checkText(field, path, { min: 1, max: MAX_PATH_CHARACTERS });
  if (issues.count === faults && path.split('.').includes(''))
    issues.add(
      'MALFORMED',
      field,
      `\`${field.join('.')}\` has an empty part: write names with single dots between them.`,
    );
  return issues.count === faults;
}

/** Reports paths that hold arrays or maps in stored profiles. `types` has one entry a path, null where it is neither. */
export function checkAttributeTypes(issues: InputIssues, types: readonly (UnmappableType | null)[]): void {
  types.forEach((type, index) => {
    if (type === null) return;
    const [name, remedy] =
      type === 'array'
        ? ['an array', 'records hold texts, numbers and booleans only, so leave it out']
        : ['a map', 'name the paths below it instead'];
    issues.add(
      'NOT_ALLOWED',
      ['attributes', String(index)],
      `\`attributes.${index}\` is ${name} in stored profiles: ${remedy}.`,
    );
  });
}

/** The value at a dot path; undefined where there is none. A step leads through maps only: a number is no place in an array. */
export function readAttribute(attributes: Readonly<Record<string, unknown>>, path: string): unknown {
  let value: unknown = attributes;
  for (const name of path.split('.')) {
    if (!isMap(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
}

/** The value at a dot path as text, numbers and booleans as JSON writes them; null where there is none, or an array or map. */
export function findAttributeText(attributes: Readonly<Record<string, unknown>>, path: string): string | null {
  const value = readAttribute(attributes, path);
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? JSON.stringify(value) : null;
}

/** Whether a merge patch (RFC 7396) says what stands at a dot path, be it what stood there before. */
export function isWritten(patch: Readonly<Record<string, unknown>>, path: string): boolean {
  return readAttribute(patch, path) !== undefined;
}

/** Whether a value of JSON is an object. */
export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function checkAbove(issues: InputIssues, check: { field: string[]; path: string; known: Set<string> }): void {
  const parts = check.path.split('.');
  for (let length = 1; length < parts.length; length += 1) {
    const above = parts.slice(0, length).join('.');
    if (!check.known.has(above)) continue;
    const message = `\`${check.field.join('.')}\` is below a path that is there too: keep one of them.`;
    issues.add('NOT_ALLOWED', check.field, message);
    return;
  }
}
