/** What a page reads of profiles: what was stored, whatever it is. */

import fc from 'fast-check';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { readPageProfiles } from '../../src/storage/page-profiles.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();

const name = fc.constantFrom('a', 'b', '__proto__', 'ä"\\', "tab\tand 'quote'", 'line\nfeed', '{}', '\u2028');
// PostgreSQL stores neither NUL nor half a surrogate pair: both are refused before.
const text = fc.string({ unit: 'grapheme' }).map((value) => value.replaceAll('\0', ''));
const attributes = fc.letrec((tie) => ({
  map: fc.array(fc.tuple(name, tie('value')), { maxLength: 4 }).map((entries) => Object.fromEntries(entries)),
  value: fc.oneof(
    { depthSize: 'small' },
    text,
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(text),
    tie('map'),
  ),
})).map;
test('a page reads profiles as they were stored', { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(text, { minLength: 1, maxLength: 3 }), attributes, async (keys, given) => {
      const ids = await insert(keys, given);

      const profiles = await readPageProfiles(database.db, 3, ids);

      expect(ids.map((id) => profiles.get(id)?.profileId)).toEqual(keys);
      for (const profile of profiles.values()) {
        expect(profile.attributes).toEqual(JSON.parse(JSON.stringify(given)));
        expect(profile).toMatchObject({ revision: 1_000, identities: { 'n\t1': ['v\n1'] }, memberships: {} });
      }
    }),
    { numRuns: 60 },
  );
});

test('profiles that were erased are missing', async () => {
  const [id = 0] = await insert(['only'], {});

  const profiles = await readPageProfiles(database.db, 3, [id, id + 1]);

  expect([...profiles.keys()]).toEqual([id]);
  expect((await readPageProfiles(database.db, 3, [])).size).toBe(0);
});

async function insert(keys: string[], given: Record<string, unknown>): Promise<number[]> {
  await sql`delete from profile`.execute(database.db);
  const ids: number[] = [];
  for (const key of keys) {
    const row = await database.db
      .insertInto('profile')
      .values({
        lane: 3,
        workspace_id: 1,
        profile_id: key,
        attributes: JSON.stringify(given),
        identities: JSON.stringify({ 'n\t1': ['v\n1'] }),
        memberships: '{}',
        revision: 1_000,
        size_bytes: 10,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    ids.push(row.id);
  }
  return ids;
}
