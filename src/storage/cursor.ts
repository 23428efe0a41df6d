/** Cursors of lists: opaque texts that hold the list's name, its order, and the sort keys of one row as text. */

/** How a sort key's text is read back; a text of another form makes the cursor malformed. */
export type SortKeyType = 'bigint' | 'int' | 'text' | 'timestamptz';

/** Where a cursor belongs: it fits only the list and order that made it, in the same workspace. */
export interface CursorScope {
  list: string;
  order: string;
  workspaceId: number;
}

/** The cursor is malformed, or belongs to another list, order or workspace. */
export class InvalidCursorError extends Error {
  override readonly name = 'InvalidCursorError';
}

/** Writes a cursor for the row with these sort keys. */
export function encodeCursor(scope: CursorScope, keys: readonly string[]): string {
  return Buffer.from(JSON.stringify([scope.list, scope.order, scope.workspaceId, ...keys])).toString('base64url');
}

/**
 * Reads a cursor's sort keys.
 * @throws {InvalidCursorError} if it is not one that {@link encodeCursor} made for this scope and these key types.
 */
export function decodeCursor(cursor: string, scope: CursorScope, types: readonly SortKeyType[]): string[] {
  const parts = parse(cursor);
  const keys = parts.slice(3);
  const fits =
    parts[0] === scope.list &&
    parts[1] === scope.order &&
    parts[2] === scope.workspaceId &&
    keys.length === types.length;
  if (!fits) throw invalid();
  return types.map((type, index) => {
    const key = keys[index];
    if (typeof key !== 'string' || !isOfType(key, type)) throw invalid();
    return key;
  });
}

function parse(cursor: string): unknown[] {
  try {
    const bytes = Buffer.from(cursor, 'base64url');
    if (bytes.toString('base64url') !== cursor) throw invalid();
    const parts: unknown = JSON.parse(bytes.toString('utf8'));
    if (Array.isArray(parts)) return parts;
  } catch {
    throw invalid();
  }
  throw invalid();
}

/** What fits the forms also fits PostgreSQL's types (18 digits an int8, 9 an int4), but for days: {@link isRealDay}. */
const FORMS: Record<SortKeyType, RegExp> = {
  bigint: /^-?\d{1,18}$/,
  int: /^-?\d{1,9}$/,
  text: /^[^\0]{0,4096}$/su,
  timestamptz: /^\d{4}-(0\d|1[0-2])-([0-2]\d|3[01]) ([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?\+00$/,
};

function isOfType(key: string, type: SortKeyType): boolean {
  if (!FORMS[type].test(key) || !key.isWellFormed()) return false;
  return type !== 'timestamptz' || isRealDay(key.slice(0, 10));
}

/** PostgreSQL has no year 0 and no 31 February; `Date.parse` reads the latter as 3 March. @param day as `2026-01-31`. */
function isRealDay(day: string): boolean {
  const midnight = new Date(`${day}T00:00:00Z`);
  return day >= '0001' && !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(day);
}

function invalid(): InvalidCursorError {
  return new InvalidCursorError(
    'The cursor is malformed, or of another list or order. Use one from this list, or none.',
  );
}
