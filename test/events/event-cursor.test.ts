import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeEventCursor, encodeEventCursor, POSITION_COUNT } from '../../src/events/event-cursor.js';

const position = fc.maxSafeNat();
const cursors = fc.record({
  destinationId: position,
  positions: fc.array(position, { minLength: POSITION_COUNT, maxLength: POSITION_COUNT }),
});

test('every cursor comes back as it was', () => {
  fc.assert(
    fc.property(cursors, (cursor) => {
      expect(decodeEventCursor(encodeEventCursor(cursor))).toEqual(cursor);
    }),
  );
});

test('every other text is refused, or is what encoding writes', () => {
  const texts = fc.oneof(
    fc.string(),
    fc.tuple(cursors, fc.nat(), fc.string({ maxLength: 2 })).map(([cursor, place, edit]) => {
      const text = encodeEventCursor(cursor);
      const at = place % text.length;
      return text.slice(0, at) + edit + text.slice(at + 1);
    }),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const cursor = decodeEventCursor(text);
      expect(cursor === null || encodeEventCursor(cursor) === text).toBe(true);
    }),
  );
});

test.each([
  ['empty', ''],
  ['no numbers', Buffer.from('a.b').toString('base64url')],
  ['16 positions', Buffer.from(Array(17).fill(0).join('.')).toString('base64url')],
  ['18 positions', Buffer.from(Array(19).fill(0).join('.')).toString('base64url')],
  ['a negative position', Buffer.from([1, -1, ...Array(16).fill(0)].join('.')).toString('base64url')],
  ['a leading zero', Buffer.from(['1', '01', ...Array(16).fill('0')].join('.')).toString('base64url')],
  ['beyond 2^53', Buffer.from(['1', '9007199254740993', ...Array(16).fill('0')].join('.')).toString('base64url')],
  ['padding', `${Buffer.from(Array(18).fill(0).join('.')).toString('base64')}=`],
  ['a megabyte', 'A'.repeat(1_000_000)],
])('a cursor that is %s is refused', (_name, text) => {
  expect(decodeEventCursor(text)).toBeNull();
});

test('a cursor without its 17 positions is not written', () => {
  expect(() => encodeEventCursor({ destinationId: 1, positions: [0] })).toThrow(RangeError);
});
