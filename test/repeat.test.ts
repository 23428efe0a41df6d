import { expect, test } from 'vitest';
import { repeat } from '../src/repeat.js';
import { Gate } from './support/gate.js';
import { until } from './support/until.js';

test('a task is done at once and each interval, and never begun while it is under way', async () => {
  const gate = new Gate();
  let others = 0;
  await using _loop = repeat(() => gate.pass(), 1);
  await using _timer = repeat(async () => {
    others += 1;
  }, 1);

  await until(() => others > 20);
  expect(gate.arrived).toBe(1);
  gate.open();
  await until(() => gate.arrived > 3);
});

test('disposing tells the task, waits for it, and begins none any more', async () => {
  const gate = new Gate();
  let isOver = false;
  let wasTold = false;
  const loop = repeat(async (signal) => {
    await gate.pass();
    wasTold = signal.aborted;
    isOver = true;
  }, 1);

  const disposed = loop[Symbol.asyncDispose]();
  expect(isOver).toBe(false);
  gate.open();
  await disposed;

  expect([isOver, wasTold, gate.arrived]).toEqual([true, true, 1]);
});
