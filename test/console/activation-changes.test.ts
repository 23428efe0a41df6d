import { expect, test } from 'vitest';
import { emptyDraft } from '../../src/console/activate/activation-draft.js';
import {
  compareStates,
  draftOf,
  findAdded,
  findRemoved,
  type StoredActivation,
  toChanges,
} from '../../src/console/activation/activation-changes.js';
import { nameActivation } from '../../src/console/activation/activation-name.js';

const segmentOf = (segmentId: string) => ({
  mappingCreatedAt: '2026-01-01T00:00:00Z',
  segment: { id: `s_${segmentId}`, segmentId, name: segmentId.toUpperCase(), memberCount: 1 },
});

const stored: StoredActivation = {
  id: 'a',
  version: 3,
  attributes: ['tier', 'person.name'],
  changeDetection: 'EXPORT_IF_CHANGED',
  schedule: { cron: '0 3 * * *', mode: 'FULL', timeZone: 'Europe/Berlin', nextRunAt: null },
  segments: [segmentOf('vip'), segmentOf('new')],
};

test('a draft that was not touched, or only put in another order, changes nothing', () => {
  const draft = draftOf(stored, 'UTC');

  expect(toChanges(stored, draft)).toEqual({});
  expect(toChanges(stored, { ...draft, segmentIds: ['new', 'vip'], attributes: ['person.name', 'tier'] })).toEqual({});
  expect(toChanges({ ...stored, schedule: null }, draftOf({ ...stored, schedule: null }, 'UTC'))).toEqual({});
});

test('only what was changed is sent: a mapping with its backfill, a schedule whole, and null where it was emptied', () => {
  const draft = draftOf(stored, 'UTC');
  const mapped = { ...draft, segmentIds: ['vip', 'late'], backfillMode: 'NONE' as const };

  expect(toChanges(stored, mapped)).toEqual({ segmentIds: ['vip', 'late'], backfill: { mode: 'NONE' } });
  expect(findAdded(stored, mapped)).toEqual(['late']);
  expect(findRemoved(stored, mapped)).toEqual(['NEW']);
  expect(toChanges(stored, { ...draft, cron: ' ' })).toEqual({ schedule: null });
  expect(toChanges(stored, { ...draft, timeZone: 'UTC' })).toEqual({
    schedule: { cron: '0 3 * * *', mode: 'FULL', timeZone: 'UTC' },
  });
  expect(toChanges(stored, { ...draft, attributes: [], changeDetection: 'EXPORT_ALWAYS' })).toEqual({
    attributes: [],
    changeDetection: 'EXPORT_ALWAYS',
  });
});

test('a draft and what somebody else saved are told apart field by field', () => {
  const draft = { ...emptyDraft('UTC'), segmentIds: ['vip'] };

  expect(compareStates(draft, stored)).toEqual([
    { label: 'Segments', mine: 'vip', theirs: 'new, vip' },
    { label: 'Attributes', mine: '', theirs: 'person.name, tier' },
    { label: 'Deliver changes', mine: 'export if changed', theirs: 'export if changed' },
    { label: 'Export by itself', mine: '', theirs: '0 3 * * * (Europe/Berlin), all present members' },
  ]);
});

test('an activation is named by its first segments, and by how many others there are', () => {
  expect(nameActivation(stored)).toBe('VIP, NEW');
  expect(nameActivation({ segments: ['a', 'b', 'c', 'd', 'e'].map(segmentOf) })).toBe('A, B, C and 2 more');
});
