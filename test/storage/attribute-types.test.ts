/** What stored profiles hold at the paths of an activation to be. */

import { expect, test } from 'vitest';
import { findUnmappableTypes } from '../../src/storage/attribute-types.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();

test('arrays and maps are found at a path, and arrays where a number in it would be a place in one', async () => {
  const attributes = { tags: ['x'], rows: [{ name: 'n' }], years: { 2020: 'y' }, name: 'n' };
  await database.db
    .insertInto('profile')
    .values({
      lane: 3,
      workspace_id: 1,
      profile_id: 'p',
      attributes: JSON.stringify(attributes),
      revision: 1,
      size_bytes: 1,
    })
    .execute();
  const expected = {
    tags: 'array',
    years: 'object',
    'tags.0': 'array',
    'tags.7': 'array',
    'rows.0.name': 'array',
    'rows.name': null,
    'years.2020': null,
    name: null,
    absent: null,
  };

  const types = await findUnmappableTypes(database.db, 1, Object.keys(expected));

  expect(types).toEqual(Object.values(expected));
});
