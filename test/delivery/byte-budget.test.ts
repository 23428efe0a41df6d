/** The byte budget: bounds, shares, order of admission, nothing lost. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteBudget, type ByteReservation } from '../../src/delivery/byte-budget.js';

const never = new AbortController().signal;

test('a silent destination that holds its share leaves the rest to others', async () => {
  const budget = new ByteBudget({ totalBytes: 100, destinationBytes: 40 });
  await budget.reserve(1, 40, never);
  const second = track(budget.reserve(1, 1, never));

  await budget.reserve(2, 40, never);
  await settle();

  expect(second.admitted).toBe(false);
});

test('a page above the share is admitted alone', async () => {
  const budget = new ByteBudget({ totalBytes: 100, destinationBytes: 40 });
  const small = await budget.reserve(1, 10, never);
  const large = track(budget.reserve(1, 70, never));
  await settle();
  expect(large.admitted).toBe(false);

  small[Symbol.dispose]();
  await settle();

  expect(large.admitted).toBe(true);
});

test('a page above the whole budget is admitted once nothing else is held', async () => {
  const budget = new ByteBudget({ totalBytes: 100, destinationBytes: 40 });
  const other = await budget.reserve(2, 10, never);
  const huge = track(budget.reserve(1, 500, never));
  await settle();
  expect(huge.admitted).toBe(false);

  other[Symbol.dispose]();
  await settle();

  expect(huge.admitted).toBe(true);
});

test('a large page is not overtaken for ever by small ones of its destination', async () => {
  const budget = new ByteBudget({ totalBytes: 100, destinationBytes: 40 });
  const first = await budget.reserve(1, 10, never);
  const large = track(budget.reserve(1, 40, never));
  const small = track(budget.reserve(1, 10, never));
  await settle();
  expect([large.admitted, small.admitted]).toEqual([false, false]);

  first[Symbol.dispose]();
  await settle();

  expect([large.admitted, small.admitted]).toEqual([true, false]);
});

test('a page that waits for the whole budget is not overtaken for ever by others', async () => {
  const budget = new ByteBudget({ totalBytes: 100, destinationBytes: 100 });
  const first = await budget.reserve(1, 60, never);
  const large = track(budget.reserve(2, 80, never));
  const small = track(budget.reserve(3, 10, never));
  await settle();
  expect([large.admitted, small.admitted]).toEqual([false, false]);

  first[Symbol.dispose]();
  await settle();

  expect([large.admitted, small.admitted]).toEqual([true, true]);
});

test('one release admits all that fit', async () => {
  const budget = new ByteBudget({ totalBytes: 30, destinationBytes: 30 });
  const first = await budget.reserve(1, 30, never);
  const waiting = [1, 2, 3, 4].map((id) => track(budget.reserve(id, 10, never)));

  first[Symbol.dispose]();
  await settle();

  expect(waiting.map((one) => one.admitted)).toEqual([true, true, true, false]);
});

test('who is aborted while it waits gets the reason, and those behind it go on', async () => {
  const budget = new ByteBudget({ totalBytes: 100, destinationBytes: 40 });
  await budget.reserve(1, 20, never);
  const stop = new AbortController();
  const large = track(budget.reserve(1, 40, stop.signal));
  const small = track(budget.reserve(1, 20, never));
  await settle();
  expect(small.admitted).toBe(false);

  stop.abort(new Error('the lease is over'));
  await settle();

  expect(large.error).toEqual(new Error('the lease is over'));
  expect(small.admitted).toBe(true);
});

test('who comes aborted takes nothing', async () => {
  const budget = new ByteBudget({ totalBytes: 10, destinationBytes: 10 });

  await expect(budget.reserve(1, 10, AbortSignal.abort(new Error('over')))).rejects.toThrow('over');
  await budget.reserve(1, 10, never);
});

test('bounds hold at every moment and no byte is lost, whatever is reserved, aborted and released', async () => {
  const request = fc.record({
    destinationId: fc.integer({ min: 1, max: 3 }),
    bytes: fc.integer({ min: 0, max: 60 }),
    fate: fc.constantFrom('hold', 'abort', 'release'),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(request, { maxLength: 20 }), async (requests) => {
      const budget = new ByteBudget({ totalBytes: 100, destinationBytes: 50 });
      const held = new Map<ByteReservation, number>();
      const asked = requests.map(async ({ destinationId, bytes, fate }) => {
        const stop = new AbortController();
        if (fate === 'abort') queueMicrotask(() => stop.abort(new Error('stop')));
        const reservation = await budget.reserve(destinationId, bytes, stop.signal).catch(() => null);
        if (!reservation) return;
        held.set(reservation, destinationId);
        expectBounds(held);
        if (fate === 'release') await settle();
        held.delete(reservation);
        reservation[Symbol.dispose]();
      });

      await Promise.all(asked);

      // Everything came back: the whole budget is free at once.
      const all = track(budget.reserve(9, 100, never));
      await settle();
      expect(all.admitted).toBe(true);
    }),
  );
});

function expectBounds(held: Map<ByteReservation, number>): void {
  const sums = new Map<number, number[]>();
  for (const [{ bytes }, destinationId] of held) sums.set(destinationId, [...(sums.get(destinationId) ?? []), bytes]);
  for (const sizes of sums.values())
    if (sizes.filter((size) => size > 0).length > 1) expect(total(sizes)).toBeLessThanOrEqual(50);
  expect(total([...held.keys()].map((one) => one.bytes))).toBeLessThanOrEqual(100);
}

function total(sizes: number[]): number {
  return sizes.reduce((sum, size) => sum + size, 0);
}

function track(promise: Promise<ByteReservation>): { admitted: boolean; error: unknown } {
  const state: { admitted: boolean; error: unknown } = { admitted: false, error: null };
  promise.then(
    () => {
      state.admitted = true;
    },
    (error: unknown) => {
      state.error = error;
    },
  );
  return state;
}

/** Lets everything run that waits for nothing but its turn. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
