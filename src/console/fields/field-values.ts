/** Values of a form whose fields come as data, such as those of the catalogue's steps. Pure: forms hold them. */

import type { WizardFieldType } from '../generated/graphql.js';

/** One field, as the catalogue describes it. */
export interface Field {
  /** That of the input field that takes it; with a dot for a field of a nested input. */
  readonly name: string;
  readonly label: string;
  readonly help: string;
  readonly type: WizardFieldType;
  readonly required: boolean;
  readonly pattern: string | null;
  readonly maxLength: number | null;
  readonly defaultValue: string | null;
  readonly options: readonly { readonly value: string; readonly label: string; readonly help: string }[];
  readonly shownWhen: { readonly field: string; readonly values: readonly string[] } | null;
}

/** What a field holds: a text, a choice, yes or no, or several texts. */
export type FieldValue = string | boolean | readonly string[];

/** Values by the names of their fields. */
export type FieldValues = Readonly<Record<string, FieldValue>>;

/** What is wrong, in words, by the names of fields. */
export type FieldFaults = Readonly<Record<string, string>>;

/** What a form begins with: the defaults of the catalogue. */
export function initialValues(fields: readonly Field[]): FieldValues {
  return Object.fromEntries(fields.map((field) => [field.name, initialValue(field)]));
}

/** Whether a field is asked for, by what others hold. */
export function isShown({ shownWhen }: Field, values: FieldValues): boolean {
  return shownWhen === null || shownWhen.values.includes(String(values[shownWhen.field]));
}

/** Faults that show without asking the server. */
export function findFaults(fields: readonly Field[], values: FieldValues): FieldFaults {
  const shown = fields.filter((field) => isShown(field, values));
  const found = shown.map((field) => [field.name, findFault(field, values[field.name] ?? '')] as const);
  return Object.fromEntries(found.filter((entry): entry is [string, string] => entry[1] !== null));
}

/** The input that a mutation takes. Empty fields are left out, and a nested input whose first field is empty. */
export function toInput(fields: readonly Field[], values: FieldValues): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  for (const field of fields) {
    const value = values[field.name] ?? '';
    if (!isShown(field, values) || isEmpty(value) || !hasLead(field, { fields, values })) continue;
    const [group, nested] = field.name.split('.');
    const sent = toSent(field, value);
    if (group && nested) input[group] = { ...asGroup(input[group]), [nested]: sent };
    else input[field.name] = sent;
  }
  return input;
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

/** Two states of a form, field by field and as text. */
export function compareValues(
  fields: readonly Field[],
  { mine, theirs }: { mine: FieldValues; theirs: FieldValues },
): { label: string; mine: string; theirs: string }[] {
  return fields.map(({ name, label }) => ({ label, mine: toText(mine[name]), theirs: toText(theirs[name]) }));
}

function toText(value: FieldValue = ''): string {
  return typeof value === 'object' ? value.join(', ') : String(value);
}

/** A text as the type that the input takes. */
function toSent({ type }: Field, value: FieldValue): unknown {
  if (type === 'TIME') return new Date(String(value)).toISOString();
  return type === 'INTEGER' ? Number(value) : value;
}

function initialValue({ type, defaultValue }: Field): FieldValue {
  if (type === 'BOOLEAN') return defaultValue === 'true';
  if (type === 'TEXT_LIST') return [];
  return defaultValue ?? '';
}

function isEmpty(value: FieldValue): boolean {
  return typeof value !== 'boolean' && value.length === 0;
}

function findFault({ type, required, pattern, maxLength }: Field, value: FieldValue): string | null {
  if (isEmpty(value)) return required ? 'This is needed.' : null;
  if (typeof value !== 'string') return null;
  if (maxLength !== null && value.length > maxLength)
    return `At most ${maxLength} characters; these are ${value.length}.`;
  if (pattern !== null && !new RegExp(`^(?:${pattern})$`, 'u').test(value)) return 'This does not have the right form.';
  if (type === 'INTEGER' && !/^\d+$/.test(value.trim())) return 'This is no whole number.';
  if (type === 'TIME' && Number.isNaN(Date.parse(value))) return 'This is no time.';
  return null;
}

/** A nested input stands or falls with its first field: `consent.path` empty means no consent rule at all. */
function hasLead({ name }: Field, { fields, values }: { fields: readonly Field[]; values: FieldValues }): boolean {
  const [group, nested] = name.split('.');
  if (!nested) return true;
  const lead = fields.find((field) => field.name.startsWith(`${group}.`));
  return lead !== undefined && !isEmpty(values[lead.name] ?? '');
}

function asGroup(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}
