/** Whole databases as text. */
import { sql } from 'kysely';
import type { Db } from '../../src/storage/database.js';

/** Every row of every table, by table; bytes are in hex. */
export async function dumpDatabase(db: Db): Promise<Map<string, string>> {
  const { rows: tables } = await sql<{ name: string }>`
    select table_name as name
    from information_schema.tables
    where table_schema = 'public' and table_type = 'BASE TABLE'`.execute(db);
  const dump = new Map<string, string>();
  for (const { name } of tables) {
    const { rows } = await sql<{ text: string | null }>`
      select string_agg(row::text, ' ') as text from ${sql.table(name)} as row`.execute(db);
    dump.set(name, rows[0]?.text ?? '');
  }
  return dump;
}
