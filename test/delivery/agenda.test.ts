/** When a lane looks for its work, and when what it was told is enough. */

import { expect, test } from 'vitest';
import { Agenda } from '../../src/delivery/agenda.js';
import type { LaneWork } from '../../src/storage/lane-work.js';

const NOTHING: LaneWork = { parts: [], pendingDue: false, pendingCount: 0 };
const RECORDS: LaneWork = { parts: [], pendingDue: true, pendingCount: 3 };
const EXPORT: LaneWork = {
  parts: [{ exportId: 9, exportState: 'RUNNING', state: 'READY', sendable: true }],
  pendingDue: false,
  pendingCount: 0,
};
const PENDING_STEP = { kind: 'send', source: { kind: 'pending' } } as const;
const EXPORT_STEP = { kind: 'send', source: { kind: 'export', exportId: 9 } } as const;
const TOOK_ALL = { changedWork: false, tookAllRecords: true };

test('records that ring a quiet lane cost no look, neither before nor after', async () => {
  const { agenda, looks } = start([NOTHING]);
  expect(await agenda.nextStep()).toBe(null);

  for (let change = 0; change < 3; change += 1) {
    agenda.rested('records');
    expect(await agenda.nextStep()).toEqual(PENDING_STEP);
    agenda.taken(PENDING_STEP, TOOK_ALL);
    expect(await agenda.nextStep()).toBe(null);
  }

  expect(looks()).toBe(1);
});

test('who may have brought an export makes the lane look after its records', async () => {
  const { agenda, looks } = start([NOTHING, EXPORT]);
  await agenda.nextStep();

  agenda.rested('anything');
  expect(await agenda.nextStep()).toEqual(PENDING_STEP);
  agenda.taken(PENDING_STEP, TOOK_ALL);

  expect(await agenda.nextStep()).toEqual(EXPORT_STEP);
  expect(looks()).toBe(2);
});

test('a lane with an export is looked at again after each ring', async () => {
  const { agenda, looks } = start([EXPORT, EXPORT]);
  await agenda.nextStep();

  agenda.rested('records');
  await agenda.nextStep();
  agenda.taken(PENDING_STEP, TOOK_ALL);

  expect(await agenda.nextStep()).toEqual(EXPORT_STEP);
  expect(looks()).toBe(2);
});

test('records that were put back, a rest without a ring, and a forgotten agenda each make it look', async () => {
  const { agenda, looks } = start([NOTHING, NOTHING, NOTHING, RECORDS]);
  await agenda.nextStep();

  agenda.rested('records');
  agenda.taken(PENDING_STEP, { changedWork: true, tookAllRecords: true });
  expect(await agenda.nextStep()).toBe(null);
  agenda.rested(null);
  expect(await agenda.nextStep()).toBe(null);
  agenda.forget();
  expect(await agenda.nextStep()).toEqual(PENDING_STEP);

  expect(looks()).toBe(4);
});

test('a lane that took a part of its records only looks whether an export has its turn', async () => {
  const { agenda } = start([NOTHING, EXPORT]);
  await agenda.nextStep();

  agenda.rested('records');
  agenda.taken(PENDING_STEP, { changedWork: false, tookAllRecords: false });

  expect(await agenda.nextStep()).toEqual(EXPORT_STEP);
});

test('while pages follow each other one look serves them all; where it shows nothing more, it is made anew', async () => {
  const { agenda, looks } = start([EXPORT, NOTHING]);

  for (let page = 0; page < 3; page += 1) {
    expect(await agenda.nextStep()).toEqual(EXPORT_STEP);
    agenda.taken(EXPORT_STEP, { changedWork: false, tookAllRecords: false });
  }
  expect(looks()).toBe(1);
  agenda.taken(EXPORT_STEP, { changedWork: true, tookAllRecords: false });

  expect(await agenda.nextStep()).toBe(null);
  expect(looks()).toBe(2);
});

/** An agenda whose looks show one thing after the other. */
function start(shown: LaneWork[]): { agenda: Agenda; looks: () => number } {
  let looks = 0;
  const agenda = new Agenda(async () => {
    const work = shown[looks];
    looks += 1;
    if (!work) throw new Error('One look too many.');
    return work;
  });
  return { agenda, looks: () => looks };
}
