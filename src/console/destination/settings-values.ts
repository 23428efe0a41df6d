/** Settings of a destination as the values of a form. Pure. */

import { type Field, type FieldValue, type FieldValues, initialValues } from '../fields/field-values.js';
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

function readPath(source: object, path: string): unknown {
  return path.split('.').reduce<unknown>((value, part) => {
    if (typeof value !== 'object' || value === null) return undefined;
    return Object.entries(value).find(([name]) => name === part)?.[1];
  }, source);
}

function toValue(value: unknown): FieldValue | null {
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return String(value);
  return Array.isArray(value) ? value.map(String) : null;
}
