/** Settings of a destination as the values of a form, and changes to them as an input. Pure. */

import { type Field, type FieldValue, type FieldValues, initialValues, toInput } from '../fields/field-values.js';
import type { SettingsFragment } from '../generated/graphql.js';

/** Values of a form that shows the settings as they are. */
export function valuesOf(fields: readonly Field[], settings: SettingsFragment): FieldValues {
  const source: object = { ...settings, credentialId: settings.credential.id };
  const stored = fields.map(({ name }) => [name, toValue(readPath(source, name))] as const);
  return {
    ...initialValues(fields),
    ...Object.fromEntries(stored.filter((entry): entry is readonly [string, FieldValue] => entry[1] !== null)),
  };
}

/** What changed between two states of a form, as fields of an input: null for what was emptied. */
export function toChanges(
  fields: readonly Field[],
  { before, after }: { before: FieldValues; after: FieldValues },
): Record<string, unknown> {
  const [old, next] = [toInput(fields, before), toInput(fields, after)];
  const names = [...new Set([...Object.keys(old), ...Object.keys(next)])];
  const changed = names.filter((name) => JSON.stringify(old[name]) !== JSON.stringify(next[name]));
  return Object.fromEntries(changed.map((name) => [name, next[name] ?? null]));
}

function readPath(source: object, path: string): unknown {
  return path.split('.').reduce<unknown>((value, part) => {
    if (typeof value !== 'object' || value === null) return undefined;
    return Object.entries(value).find(([name]) => name === part)?.[1];
  }, source);
}

function toValue(value: unknown): FieldValue | null {
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  return Array.isArray(value) ? value.map(String) : null;
}
