/** Cursors of event streams: opaque texts that hold a destination's event positions. */

/** How far a subscriber has come. */
export interface EventCursor {
  /** Internal id. */
  destinationId: number;
  /** Position passed in each lane 0–15, then outside lanes: 17 whole numbers from 0. */
  positions: readonly number[];
}

/** Lanes 0–15 and the position outside lanes. */
export const POSITION_COUNT = 17;

/** Longest cursor that any destination can have: 18 numbers of 16 digits as base64url. */
const MAX_CURSOR_CHARACTERS = 420;

/**
 * Writes a cursor.
 * @throws {RangeError} if there are not {@link POSITION_COUNT} positions, all whole and from 0.
 */
export function encodeEventCursor(cursor: EventCursor): string {
  if (!isEventCursor(cursor)) throw new RangeError(`An event cursor takes ${POSITION_COUNT} whole positions from 0.`);
  return Buffer.from([cursor.destinationId, ...cursor.positions].join('.')).toString('base64url');
}

/** Reads a cursor; null if it is not exactly what {@link encodeEventCursor} wrote. */
export function decodeEventCursor(text: string): EventCursor | null {
  if (text.length > MAX_CURSOR_CHARACTERS) return null;
  const [destinationId, ...positions] = Buffer.from(text, 'base64url').toString('latin1').split('.').map(Number);
  if (destinationId === undefined) return null;
  const cursor = { destinationId, positions };
  return isEventCursor(cursor) && encodeEventCursor(cursor) === text ? cursor : null;
}

function isEventCursor(cursor: EventCursor): boolean {
  const numbers = [cursor.destinationId, ...cursor.positions];
  return (
    numbers.length === POSITION_COUNT + 1 && numbers.every((number) => Number.isSafeInteger(number) && number >= 0)
  );
}
