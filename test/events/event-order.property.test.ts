import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeEventCursor, encodeEventCursor } from '../../src/events/event-cursor.js';
import { covers, takeInOrder } from '../../src/events/event-order.js';
import { EventRing } from '../../src/events/event-ring.js';
import type { CommittedDeliveries, CommittedEvent, CommittedHealth, Positions } from '../../src/storage/event-tail.js';

const NOTHING: Positions = new Array<number>(17).fill(0);

/** A history of commits: each number is the sequence that committed. */
const histories = fc.array(fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 0, max: 3 }) }, fc.constant(16)), {
  maxLength: 60,
});

function writeHistory(sequences: readonly number[]): CommittedEvent[] {
  let positions = NOTHING;
  return sequences.map((sequence) => {
    positions = positions.with(sequence, (positions[sequence] ?? 0) + 1);
    const position = positions[sequence] ?? 0;
    return sequence === 16 ? health(position, positions.slice(0, 16)) : deliveries(sequence, position);
  });
}

function deliveries(sequence: number, position: number): CommittedDeliveries {
  const counts = { delivered: 1, failed: 0, skipped: 0, deferred: 0, attempts: 1, bytes: 1, possibleDuplicates: 0 };
  const place = { committedAt: new Date(0), sequence, position };
  return { kind: 'DELIVERIES', id: 1, ...place, activationId: 1, origin: 'LIVE', exportIds: [], codes: {}, ...counts };
}

function health(position: number, follows: number[]): CommittedHealth {
  const state = { status: 'HEALTHY', code: null, message: null, awsRequestId: null, nextProbeAt: null } as const;
  const since = new Date(0);
  return { kind: 'HEALTH', committedAt: since, sequence: 16, position, follows, health: { ...state, since } };
}

/** What the statement reads: the next events of each sequence up to a limit, and the newest positions. */
function readBatch(history: readonly CommittedEvent[], positions: Positions, limit: number) {
  const newest = history.reduce<Positions>((passed, event) => passed.with(event.sequence, event.position), NOTHING);
  const events = positions.flatMap((passed, sequence) =>
    history.filter((event) => event.sequence === sequence && event.position > passed).slice(0, limit),
  );
  return { newest, events };
}

function expectFaithful(received: readonly CommittedEvent[], history: readonly CommittedEvent[]) {
  let passed = NOTHING;
  for (const event of received) {
    expect(event.position).toBe((passed[event.sequence] ?? 0) + 1);
    if (event.kind !== 'DELIVERIES') expect(covers(passed, event.follows)).toBe(true);
    passed = passed.with(event.sequence, event.position);
  }
  expect(received).toHaveLength(history.length);
}

test('batches of any size hand over every event once, in order, and states after what they follow', () => {
  fc.assert(
    fc.property(histories, fc.integer({ min: 1, max: 5 }), (sequences, limit) => {
      const history = writeHistory(sequences);
      const received: CommittedEvent[] = [];
      let positions = NOTHING;
      for (let round = 0; round <= history.length; round += 1) {
        const ordered = takeInOrder(positions, readBatch(history, positions, limit));
        expect(ordered.hasGap).toBe(false);
        received.push(...ordered.events);
        positions = ordered.positions;
      }
      expectFaithful(received, history);
    }),
    { numRuns: 500 },
  );
});

test('whatever retention removed behind the position is noticed, and nothing else is', () => {
  fc.assert(
    fc.property(histories, fc.nat(), fc.nat(), (sequences, seed, removedSeed) => {
      const history = writeHistory(sequences);
      const sequence = seed % 17;
      const removed = removedSeed % 5;
      const kept = history.filter((event) => event.sequence !== sequence || event.position > removed);
      const total = history.filter((event) => event.sequence === sequence).length;
      const positions = NOTHING.with(sequence, Math.min(total, removedSeed % 3));

      const { newest } = readBatch(history, positions, 4);
      const { hasGap } = takeInOrder(positions, { newest, events: readBatch(kept, positions, 4).events });

      expect(hasGap).toBe((positions[sequence] ?? 0) < Math.min(removed, total));
    }),
    { numRuns: 500 },
  );
});

test('a ring serves those who lack only what it holds, and sends others to the rows', () => {
  fc.assert(
    fc.property(histories, fc.integer({ min: 1, max: 20 }), fc.nat(), (sequences, capacity, seed) => {
      const history = writeHistory(sequences);
      const ring = new EventRing(NOTHING, capacity);
      for (const event of history) ring.append([event]);
      const passed = seed % (history.length + 1);
      const positions = history
        .slice(0, passed)
        .reduce<Positions>((at, event) => at.with(event.sequence, event.position), NOTHING);

      const number = ring.join(positions);

      expect(number !== null).toBe(history.length - passed <= capacity);
      const rest =
        number === null
          ? []
          : (ring.from(number) ?? []).filter((event) => event.position > (positions[event.sequence] ?? 0));
      if (number !== null) expect(rest).toEqual(history.slice(passed));
    }),
    { numRuns: 500 },
  );
});

test('a cursor comes back as it was written, and a changed one is refused or another one', () => {
  const places = fc.record({
    destinationId: fc.nat(),
    positions: fc.array(fc.nat({ max: Number.MAX_SAFE_INTEGER }), { minLength: 17, maxLength: 17 }),
  });
  fc.assert(
    fc.property(places, fc.nat(), fc.string({ minLength: 1, maxLength: 1 }), (place, seed, character) => {
      const text = encodeEventCursor(place);
      const at = seed % text.length;
      const changed = decodeEventCursor(text.slice(0, at) + character + text.slice(at + 1));

      expect(decodeEventCursor(text)).toEqual(place);
      if (text[at] !== character && changed) expect(changed).not.toEqual(place);
    }),
    { numRuns: 500 },
  );
});
