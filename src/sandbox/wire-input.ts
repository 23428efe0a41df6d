/** Reads fields of AWS JSON requests: wrong types and broken constraints become the errors that AWS answers. */

import { isAscii } from 'node:buffer';
import { AwsError, constraintBroken } from './aws-error.js';

/** A JSON object as it came in: nothing about its fields is known yet. */
export type WireInput = Readonly<Record<string, unknown>>;

/** Whether a JSON value is an object (not an array, not null). */
export function isWireInput(value: unknown): value is WireInput {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Parses a request body.
 * @throws {AwsError} `SerializationException` if it is not a JSON object.
 */
export function parseWireInput(body: Buffer): WireInput {
  // An ASCII body (base64 and common keys) decodes several times faster as latin1, with the same result.
  const text = isAscii(body) ? body.toString('latin1') : body.toString('utf8');
  const input = parseJson(text);
  if (!isWireInput(input)) {
    throw new AwsError('SerializationException', 'The request body is not a JSON object.');
  }
  return input;
}

/** A text field, or undefined where it is missing or null. */
export function findText(input: WireInput, field: string): string | undefined {
  const value = input[field];
  if (value === undefined || value === null) {
    return undefined;
  }
  if (typeof value !== 'string') {
    throw new AwsError('SerializationException', `${field} can not be converted to a String.`);
  }
  return value;
}

/** A text field that must be there: `ValidationException` else. */
export function getText(input: WireInput, field: string): string {
  const value = findText(input, field);
  if (value === undefined) {
    throw constraintBroken(memberName(field), 'not be null');
  }
  return value;
}

/** A whole number within bounds (both included), or undefined where it is missing or null. */
export function findInteger(input: WireInput, field: string, bounds: { min: number; max: number }): number | undefined {
  const value = input[field];
  if (value === undefined || value === null) {
    return undefined;
  }
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    throw new AwsError('SerializationException', `${field} can not be converted to an Integer.`);
  }
  if (value < bounds.min) {
    throw constraintBroken(memberName(field), `have value greater than or equal to ${bounds.min}`);
  }
  if (value > bounds.max) {
    throw constraintBroken(memberName(field), `have value less than or equal to ${bounds.max}`);
  }
  return value;
}

/** A time in epoch milliseconds; the wire has epoch seconds with a fraction. */
export function findTimestampMs(input: WireInput, field: string): number | undefined {
  const value = input[field];
  if (value === undefined || value === null) {
    return undefined;
  }
  if (typeof value !== 'number') {
    throw new AwsError('SerializationException', `${field} can not be converted to a Timestamp.`);
  }
  return Math.round(value * 1000);
}

/** One of a closed set of words, or undefined where it is missing or null. */
export function findWord<Word extends string>(
  input: WireInput,
  field: string,
  words: readonly Word[],
): Word | undefined {
  const value = findText(input, field);
  if (value === undefined) {
    return undefined;
  }
  const found = words.find((word) => word === value);
  if (found === undefined) {
    throw constraintBroken(memberName(field), `satisfy enum value set: [${words.join(', ')}]`);
  }
  return found;
}

/** A nested object, or undefined where it is missing or null. */
export function findObject(input: WireInput, field: string): WireInput | undefined {
  const value = input[field];
  if (value === undefined || value === null) {
    return undefined;
  }
  if (!isWireInput(value)) {
    throw new AwsError('SerializationException', `${field} can not be converted to a Structure.`);
  }
  return value;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new AwsError('SerializationException', 'The request body is not valid JSON.');
  }
}

/** AWS names fields in its texts with a small first letter. */
function memberName(field: string): string {
  return field.charAt(0).toLowerCase() + field.slice(1);
}
