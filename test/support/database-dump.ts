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

/** Tables that keep what customers write, each with the texts that it is for. No other may have any of them. */
export const KEEPING_TABLES: Readonly<Record<string, string>> = {
  activation: 'attribute paths',
  api_key: 'names',
  credential: 'names',
  destination: 'names, descriptions, streams, rules of consent, partition keys',
  idempotency_key: 'the names of calls',
  profile: 'ids, identities, attributes',
  segment: 'ids, names, namespaces, descriptions',
};

/** Names of the tables that have the text as it is, in hex or in base64, in the order of the alphabet; parts count as their table. */
export function listTablesWith(dump: ReadonlyMap<string, string>, text: string): string[] {
  const bytes = Buffer.from(text);
  // The end of base64 depends on what follows.
  const forms = [text, bytes.toString('hex'), bytes.toString('base64').slice(0, Math.floor(bytes.length / 3) * 4)];
  const having = [...dump].filter(([, rows]) => forms.some((form) => rows.includes(form)));
  return [...new Set(having.map(([name]) => name.replace(/_\d+$/, '')))].sort();
}
