/** Reads fields of a line's JSON by name and type. Names may carry the prefix `xdm:`. */

import type { InputIssues } from './input-issues.js';

const PREFIX = 'xdm:';

/** One JSON object of a line. Faults go to the line's issues, under the object's place in the line. */
export class IngestFields {
  constructor(
    readonly fields: Record<string, unknown>,
    readonly path: string[],
    readonly issues: InputIssues,
  ) {}

  /** The names of its fields, as they are. */
  keys(): string[] {
    return Object.keys(this.fields);
  }

  /** Refuses fields of other names, so that nothing is dropped unseen. */
  allowOnly(names: readonly string[]): void {
    for (const name of this.keys()) {
      if (names.includes(name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name)) continue;
      const message = `This field is not known: attributes go under \`attributes\`; a line holds ${names.join(', ')}.`;
      this.issues.add('NOT_ALLOWED', [...this.path, name], message);
    }
  }

  /** The first of two forms that is there. Both at once are refused: one of them would be dropped unseen. */
  either(one: string, other: string): string {
    if (this.has(one) && this.has(other))
      this.issues.add(
        'NOT_ALLOWED',
        [...this.path, other],
        `\`${one}\` and \`${other}\` exclude each other: give one.`,
      );
    return this.has(one) ? one : other;
  }

  /** Whether the field is there and not null. */
  has(name: string): boolean {
    return this.#find(name).value !== null;
  }

  /** True if the field is `true`. */
  isTrue(name: string): boolean {
    return this.#find(name).value === true;
  }

  /** A text; null if the field is missing or null. */
  text(name: string): string | null {
    const { key, value } = this.#find(name);
    if (value === null || typeof value === 'string') return value;
    this.#refuse(key, 'a text (a JSON string)');
    return null;
  }

  /** A text that must be there; empty if it is not. */
  requiredText(name: string): string {
    if (!this.has(name)) this.issues.add('REQUIRED', [...this.path, name], `\`${name}\` is missing: give it.`);
    return this.text(name) ?? '';
  }

  /** An object as it is; null if the field is missing or null. */
  record(name: string): Record<string, unknown> | null {
    const { key, value } = this.#find(name);
    if (value === null || isRecord(value)) return value;
    this.#refuse(key, 'a JSON object');
    return null;
  }

  /** An object's fields; null if the field is missing or null. */
  object(name: string): IngestFields | null {
    const record = this.record(name);
    return record && new IngestFields(record, [...this.path, this.#find(name).key], this.issues);
  }

  /** Every field's object, by its name. */
  objects(): [string, IngestFields][] {
    return this.keys().flatMap((name): [string, IngestFields][] => {
      const fields = this.object(name);
      return fields ? [[name, fields]] : [];
    });
  }

  /** The objects of a list; null if the field is missing or null. */
  list(name: string): IngestFields[] | null {
    const { key, value } = this.#find(name);
    if (value === null) return null;
    if (!Array.isArray(value)) {
      this.#refuse(key, 'a JSON array');
      return null;
    }
    return value.flatMap((entry: unknown, index) => {
      if (isRecord(entry)) return [new IngestFields(entry, [...this.path, key, `${index}`], this.issues)];
      this.issues.add(
        'MALFORMED',
        [...this.path, key, `${index}`],
        `\`${key}\` holds what is no JSON object: send objects.`,
      );
      return [];
    });
  }

  /** Own fields only: a key `__proto__` is one like others, and `constructor` is none unless it was sent. */
  #find(name: string): { key: string; value: unknown } {
    const key = Object.hasOwn(this.fields, name) || !Object.hasOwn(this.fields, PREFIX + name) ? name : PREFIX + name;
    return { key, value: Object.hasOwn(this.fields, key) ? (this.fields[key] ?? null) : null };
  }

  #refuse(key: string, wanted: string): void {
    this.issues.add('MALFORMED', [...this.path, key], `\`${key}\` is not ${wanted}: send one.`);
  }
}

/** Whether a JSON value is an object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
