/**
 * Prepared statements: those of a page run thousands of times a second, and planning each anew costs the server more
 * than running it (7 of 40 µs of its CPU a record in an export). A statement asks for it in its name's comment.
 */

import { createHash } from 'node:crypto';
import { type RawBuilder, sql } from 'kysely';

/** Names by text: a session plans a statement once, by its name. */
const names = new Map<string, string>();

/**
 * The name under which a session prepares a statement; null if the statement does not ask for it by beginning with
 * the comment `subject.verb (prepared)`. The text must be the same for every call: each other text is one more plan in each
 * session. It selects explicit columns: a new column would void the plan of a `*`.
 */
export function preparedName(statement: string): string | null {
  if (!statement.startsWith('/*')) return null;
  const known = names.get(statement);
  if (known !== undefined) return known;
  const [, subject] = /^\/\* ([\w.]+) \(prepared\) \*\//.exec(statement) ?? [];
  if (subject === undefined) return null;
  // Two texts of one name, as two programs on one pooled session may have, must not be taken for each other.
  const name = `${subject}_${createHash('sha256').update(statement).digest('hex').slice(0, HASH_LENGTH)}`;
  names.set(statement, name);
  return name;
}

/**
 * A value of a prepared statement that its plan must not depend on. Where the planner sees the value, it may find each
 * time that a plan for just this one is cheaper, and plans every call anew: 0.9 ms for a statement that runs 0.1 ms. Within
 * `any(…)` it is cast once more: else it would be a query of rows there.
 */
export function plannedOnce(
  value: unknown,
  type: 'bigint' | 'bigint[]' | 'smallint' | 'smallint[]' | 'text[]',
): RawBuilder<never> {
  return sql`(select ${value}::${sql.raw(type)})`;
}

const HASH_LENGTH = 12;
