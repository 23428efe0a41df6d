/** What a page reads of profiles: the JSON text of mapped attributes, whatever the attributes hold. */

import fc from 'fast-check';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { readPageProfiles } from '../../src/storage/page-source.js';
import { attributeTexts } from '../support/attribute-texts.js';
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
const paths = fc.array(fc.array(name, { minLength: 1, maxLength: 3 }), { maxLength: 5 });

test('a page reads of any profile what a look at its attributes shows', { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(text, { minLength: 1, maxLength: 3 }),
      attributes,
      paths,
      async (keys, given, wanted) => {
        const ids = await insert(keys, given);

        const profiles = await readPageProfiles(database.db, { lane: 3, ids, paths: wanted });

        const texts = attributeTextsOf(given, wanted);
        expect(ids.map((id) => profiles.get(id)?.profileId)).toEqual(keys);
        for (const profile of profiles.values()) {
          expect(profile.attributeTexts.map(parse)).toEqual(texts.map(parse));
          expect(profile).toMatchObject({ revision: 1_000, identities: { 'n\t1': ['v\n1'] }, memberships: {} });
        }
      },
    ),
    { numRuns: 60 },
  );
});

test("a number in a path is the name of a map's entry, never a place in an array", async () => {
  const ids = await insert(['only'], { tags: ['x'], rows: [{ name: 'n' }], years: { 2020: { '-1': 'y' } }, 0: 'zero' });
  const wanted = ['tags.0', 'tags.-1', 'tags. 0', 'rows.0.name', 'years.2020.-1', '0'].map((path) => path.split('.'));

  const profiles = await readPageProfiles(database.db, { lane: 3, ids, paths: wanted });

  expect([...profiles.values()][0]?.attributeTexts).toEqual(['', '', '', '', '"y"', '"zero"']);
});

test('profiles that were erased are missing', async () => {
  const [id = 0] = await insert(['only'], {});

  const profiles = await readPageProfiles(database.db, { lane: 3, ids: [id, id + 1], paths: [['a']] });

  expect([...profiles.keys()]).toEqual([id]);
  expect((await readPageProfiles(database.db, { lane: 3, ids: [], paths: [] })).size).toBe(0);
});

function parse(json: string): unknown {
  return json === '' ? undefined : JSON.parse(json);
}

function attributeTextsOf(given: Record<string, unknown>, wanted: string[][]): string[] {
  return wanted.map((path) => {
    // A name that holds a dot cannot be mapped: none here does.
    return attributeTexts(given, [path.join('.')])[0] ?? '';
  });
}

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
