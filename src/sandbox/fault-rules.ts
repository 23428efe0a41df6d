/** Checks fault rules that come as JSON, field by field, so that a mistyped rule is an error and not a quiet test. */

import type { Fault, FaultMatch, FaultRule, UntoldAnswerFault } from './faults.js';
import { isWireInput, type WireInput } from './wire-input.js';

/**
 * Parses a list of fault rules.
 * @throws {Error} naming the rule and field that is missing, mistyped, out of bounds or unknown.
 */
export function parseFaultRules(value: unknown): FaultRule[] {
  if (!Array.isArray(value)) {
    throw new Error('Fault rules must be a list: send [{ "kind": … }].');
  }
  return value.map((rule: unknown, index) => parseRule(new FieldReader(rule, `rule ${index}`)));
}

const READERS: { readonly [Kind in Fault['kind']]: (fields: FieldReader) => Fault } = {
  'record-error': (fields) => ({
    kind: 'record-error',
    code: fields.text('code'),
    ...fields.optionalText('message'),
    ...fields.optionalNumber('probability', 0, 1),
  }),
  'request-error': (fields) => ({
    kind: 'request-error',
    code: fields.text('code'),
    status: fields.number('status', 400, 599),
    ...fields.optionalText('message'),
  }),
  'short-result': (fields) => ({ kind: 'short-result', ...fields.optionalNumber('missing', 1, 500) }),
  'slow-answer': (fields) => ({
    kind: 'slow-answer',
    delayMs: fields.number('delayMs', 0, MAX_DELAY_MS),
    ...fields.optionalFlag('appendLate'),
  }),
  'slow-body': (fields) => ({ kind: 'slow-body', ...fields.optionalNumber('intervalMs', 1, MAX_DELAY_MS) }),
  'no-answer': untoldAnswer('no-answer'),
  'lost-answer': () => ({ kind: 'lost-answer' }),
  'empty-answer': untoldAnswer('empty-answer'),
  'half-body': untoldAnswer('half-body'),
  'html-body': untoldAnswer('html-body'),
  reset: () => ({ kind: 'reset' }),
};

const MAX_DELAY_MS = 24 * 60 * 60 * 1000;

function untoldAnswer(kind: UntoldAnswerFault['kind']): (fields: FieldReader) => Fault {
  return (fields) => ({ kind, ...fields.optionalFlag('append') });
}

function parseRule(fields: FieldReader): FaultRule {
  const kind = fields.text('kind');
  if (!isKind(kind)) {
    throw new Error(`${fields.path} has the unknown kind ${kind}. Known: ${Object.keys(READERS).join(', ')}.`);
  }
  const fault = READERS[kind](fields);
  const match = fields.nested('match');
  const rule = match ? { ...fault, match: parseMatch(match) } : fault;
  fields.refuseUnread();
  return rule;
}

function isKind(text: string): text is Fault['kind'] {
  return Object.hasOwn(READERS, text);
}

function parseMatch(fields: FieldReader): FaultMatch {
  const requests = fields.nested('requests');
  const match = {
    ...fields.optionalText('operation'),
    ...fields.optionalText('stream'),
    ...fields.optionalText('partitionKey'),
    ...fields.optionalText('accessKeyId'),
    ...fields.optionalNumber('probability', 0, 1),
    ...(requests ? { requests: parseRange(requests) } : {}),
  };
  fields.refuseUnread();
  return match;
}

function parseRange(fields: FieldReader): { from?: number; to?: number } {
  const range = {
    ...fields.optionalNumber('from', 1, Number.MAX_SAFE_INTEGER),
    ...fields.optionalNumber('to', 1, Number.MAX_SAFE_INTEGER),
  };
  fields.refuseUnread();
  return range;
}

/** Reads the fields of one object and remembers which were asked for. Optional fields come as a part to spread. */
class FieldReader {
  private readonly fields: WireInput;
  private readonly known = new Set<string>();

  constructor(
    value: unknown,
    readonly path: string,
  ) {
    if (!isWireInput(value)) {
      throw new Error(`${path} must be an object.`);
    }
    this.fields = value;
  }

  text(field: string): string {
    const value = this.take(field);
    if (typeof value !== 'string') {
      throw new Error(`${this.path} needs the text ${field}.`);
    }
    return value;
  }

  optionalText<Field extends string>(field: Field): { [Key in Field]?: string } {
    return this.take(field) === undefined ? {} : part(field, this.text(field));
  }

  number(field: string, min: number, max: number): number {
    const value = this.take(field);
    if (typeof value !== 'number' || !(value >= min && value <= max)) {
      throw new Error(`${this.path} needs the number ${field}, ${min} to ${max}.`);
    }
    return value;
  }

  optionalNumber<Field extends string>(field: Field, min: number, max: number): { [Key in Field]?: number } {
    return this.take(field) === undefined ? {} : part(field, this.number(field, min, max));
  }

  optionalFlag<Field extends string>(field: Field): { [Key in Field]?: boolean } {
    const value = this.take(field);
    if (value === undefined) {
      return {};
    }
    if (typeof value !== 'boolean') {
      throw new Error(`${this.path} needs true or false as ${field}.`);
    }
    return part(field, value);
  }

  nested(field: string): FieldReader | null {
    const value = this.take(field);
    return value === undefined ? null : new FieldReader(value, `${this.path}, ${field},`);
  }

  refuseUnread(): void {
    const unread = Object.keys(this.fields).filter((field) => !this.known.has(field));
    if (unread.length > 0) {
      const known = [...this.known].join(', ');
      throw new Error(`${this.path} has unknown fields: ${unread.join(', ')}. Known: ${known}.`);
    }
  }

  private take(field: string): unknown {
    this.known.add(field);
    return this.fields[field];
  }
}

function part<Field extends string, Value>(field: Field, value: Value): { [Key in Field]?: Value } {
  const single: { [Key in Field]?: Value } = {};
  single[field] = value;
  return single;
}
