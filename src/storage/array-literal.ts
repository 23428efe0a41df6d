/** Arrays as parameters, written as PostgreSQL's literals: the driver would quote and escape each element. */

import { sql } from 'kysely';

/** The literal of numbers or booleans. */
export function arrayLiteral(values: readonly (number | boolean)[]): string {
  return `{${values.join(',')}}`;
}

/** The literal of texts. */
export function textArrayLiteral(texts: readonly string[]): string {
  return `{${texts.map(quote).join(',')}}`;
}

/** Numbers as a parameter; escaping 500 of them is most of what they cost. */
export function numberArray(numbers: readonly number[]) {
  return sql<number[]>`${arrayLiteral(numbers)}`;
}

/** Sequence numbers, shard ids and codes have nothing to escape: looking is cheaper than replacing. */
function quote(text: string): string {
  return SAFE.test(text) ? `"${text}"` : `"${text.replace(/[\\"]/g, '\\$&')}"`;
}

const SAFE = /^[\w.:-]*$/;
