/** Arrays of numbers as parameters. */

import { sql } from 'kysely';

/** An array literal: the driver would quote and escape each number, which is most of the cost of 500 of them. */
export function numberArray(numbers: readonly number[]) {
  return sql<number[]>`${`{${numbers.join(',')}}`}`;
}
