/** How far back the live view looks again. */
import { expect, test } from 'vitest';
import { EventTrail, TRAIL_EVENTS } from '../../src/console/live/event-trail.js';

const placeOf = (number: number) => ({ cursor: `c${number}`, at: `2026-01-01T00:00:0${number}Z` });

test('the way begins where the reader began, until there are too many events on it', () => {
  const trail = new EventTrail('c0');
  trail.note(placeOf(1), TRAIL_EVENTS - 1);
  trail.note(placeOf(2), 0);

  const before = trail.start;
  trail.note(placeOf(3), 1);

  expect(before).toMatchObject({ cursor: 'c0', at: null });
  expect(trail.start).toMatchObject(placeOf(1));
});

test('the newest message can always be read again, and who went back comes the same way', () => {
  const trail = new EventTrail('c0');
  trail.note(placeOf(1), 1);
  trail.note(placeOf(2), TRAIL_EVENTS + 1);

  const start = trail.start;
  trail.rewind();
  trail.note(placeOf(2), TRAIL_EVENTS + 1);

  expect(start).toMatchObject(placeOf(1));
  expect(trail.start).toMatchObject(placeOf(1));
});
