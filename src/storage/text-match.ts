/** Conditions on texts that come from clients: what PostgreSQL cannot store meets nothing, instead of failing. */

import { type RawBuilder, sql } from 'kysely';

/** Whether PostgreSQL takes a text: no NUL, no half of a surrogate pair. An id of another form is nobody's. */
export function isStorableText(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

/** A condition: one of the columns contains the text, in any case. */
export function containsText(columns: readonly RawBuilder<unknown>[], text: string): RawBuilder<unknown> {
  if (!isStorableText(text)) return sql`false`;
  const pattern = `%${text.replace(/[\\%_]/g, '\\$&')}%`;
  return sql`(${sql.join(
    columns.map((column) => sql`${column} ilike ${pattern}`),
    sql` or `,
  )})`;
}
