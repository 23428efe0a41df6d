/** Whose turn it is: bookkeeping first, then pending records and exports by turns. */

import { expect, test } from 'vitest';
import { chooseStep, FIRST_TURN, nextTurn, type Turn } from '../../src/delivery/step.js';
import { DEFERRED_LIMIT, type ExportPart, type LaneWork } from '../../src/storage/lane-work.js';

test('pending records and the exports of a lane take turns, none starves', () => {
  const work = makeWork({ pendingDue: true, parts: [part(1), part(2), part(3)] });

  const sources = play(work, 8);

  expect(sources).toEqual(['pending', 1, 'pending', 2, 'pending', 3, 'pending', 1]);
});

test('without pending records the exports go round robin', () => {
  expect(play(makeWork({ parts: [part(4), part(9)] }), 5)).toEqual([4, 9, 4, 9, 4]);
});

test('an export that ends does not take the turn of the next', () => {
  const afterFour: Turn = { lastKind: 'export', lastExportId: 4 };

  expect(chooseStep(makeWork({ parts: [part(9), part(12)] }), afterFour)).toEqual({
    kind: 'send',
    source: { kind: 'export', exportId: 9 },
  });
});

test('a lane with more than 1,000 pending records takes no export page', () => {
  const parts = [part(1)];

  expect(DEFERRED_LIMIT).toBe(1_000);
  expect(chooseStep(makeWork({ parts, pendingCount: 1_001 }), FIRST_TURN)).toBe(null);
  expect(play(makeWork({ parts, pendingCount: 1_001, pendingDue: true }), 3)).toEqual([
    'pending',
    'pending',
    'pending',
  ]);
  expect(play(makeWork({ parts, pendingCount: 1_000 }), 1)).toEqual([1]);
});

test('canceling and listing go before sending, also while nothing may be sent', () => {
  const parts = [
    { ...part(1), sendable: false },
    { ...part(2), exportState: 'PREPARING' as const, state: 'PREPARING' as const, sendable: false },
    { ...part(3), exportState: 'CANCELING' as const, sendable: false },
  ];

  expect(chooseStep(makeWork({ parts, pendingDue: true }), FIRST_TURN)).toEqual({ kind: 'cancel', exportId: 3 });
  expect(chooseStep(makeWork({ parts: parts.slice(0, 2), pendingDue: true }), FIRST_TURN)).toEqual({
    kind: 'list',
    exportId: 2,
  });
  expect(chooseStep(makeWork({ parts: parts.slice(0, 1) }), FIRST_TURN)).toBe(null);
});

function play(work: LaneWork, steps: number): (number | string)[] {
  let turn = FIRST_TURN;
  return Array.from({ length: steps }, () => {
    const step = chooseStep(work, turn);
    if (step?.kind !== 'send') return 'none';
    turn = nextTurn(turn, step);
    return step.source.kind === 'export' ? step.source.exportId : 'pending';
  });
}

function part(exportId: number): ExportPart {
  return { exportId, exportState: 'RUNNING', state: 'READY', sendable: true };
}

function makeWork(work: Partial<LaneWork>): LaneWork {
  return { parts: [], pendingDue: false, pendingCount: 0, ...work };
}
