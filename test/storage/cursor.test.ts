import { describe, expect, test } from 'vitest';
import { decodeCursor, encodeCursor, InvalidCursorError, type SortKeyType } from '../../src/storage/cursor.js';

const scope = { list: 'segments', order: 'NAME_ASC', workspaceId: 1 };

function read(type: SortKeyType, key: string): string[] {
  return decodeCursor(encodeCursor(scope, [key]), scope, [type]);
}

describe('a sort key in a cursor', () => {
  test.each<[SortKeyType, string]>([
    ['timestamptz', '2026-02-28 23:59:59.999999+00'],
    ['timestamptz', '2024-02-29 00:00:00+00'],
    ['timestamptz', '0001-01-01 00:00:00+00'],
    ['timestamptz', '9999-12-31 00:00:00.5+00'],
    ['bigint', '999999999999999999'],
    ['int', '-999999999'],
    ['text', 'ö ✓'],
  ])('of type %s reads back as %s', (type, key) => {
    expect(read(type, key)).toEqual([key]);
  });

  // PostgreSQL refuses each of these, which would be an internal error.
  test.each<[SortKeyType, string]>([
    ['timestamptz', '2026-02-31 00:00:00+00'],
    ['timestamptz', '2026-04-31 12:00:00+00'],
    ['timestamptz', '2025-02-29 00:00:00+00'],
    ['timestamptz', '2026-00-10 00:00:00+00'],
    ['timestamptz', '2026-01-00 00:00:00+00'],
    ['timestamptz', '0000-01-01 00:00:00+00'],
    ['timestamptz', '2026-01-01T00:00:00Z'],
    ['bigint', '9999999999999999999'],
    ['int', '2147483648'],
    ['text', 'a\0'],
    ['text', '\ud800'],
  ])('of type %s is never %j', (type, key) => {
    expect(() => read(type, key)).toThrow(InvalidCursorError);
  });
});

test('a cursor of another list, order or workspace is refused', () => {
  const cursor = encodeCursor(scope, ['1']);

  for (const other of [{ list: 'exports' }, { order: 'NAME_DESC' }, { workspaceId: 2 }])
    expect(() => decodeCursor(cursor, { ...scope, ...other }, ['bigint'])).toThrow(InvalidCursorError);
});
