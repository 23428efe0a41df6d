import { expect, test } from 'vitest';
import { emptyDraft, toActivationInput } from '../../src/console/activate/activation-draft.js';
import { buildAttributeTree } from '../../src/console/activate/attribute-tree.js';

test('profiles make one tree of what can be mapped, with a sample of each value', () => {
  const tree = buildAttributeTree([
    { tier: null, person: { name: { firstName: 'Ada' } }, tags: ['a'] },
    { tier: 0, person: { isActive: false }, 'dotted.name': 'x', empty: {} },
  ]);

  expect(tree).toEqual([
    {
      name: 'person',
      path: 'person',
      sample: null,
      children: [
        { name: 'isActive', path: 'person.isActive', sample: 'false', children: [] },
        {
          name: 'name',
          path: 'person.name',
          sample: null,
          children: [{ name: 'firstName', path: 'person.name.firstName', sample: 'Ada', children: [] }],
        },
      ],
    },
    { name: 'tier', path: 'tier', sample: '0', children: [] },
  ]);
});

test('a draft becomes an input without what was not chosen', () => {
  const chosen = { ...emptyDraft('Europe/Berlin'), segmentIds: ['vip'], attributes: ['tier'] };
  const later = { ...chosen, backfillMode: 'NONE' as const, maxRecordsPerSecond: 10, cron: ' 0 3 * * * ' };

  expect(toActivationInput(chosen, 'd')).toEqual({
    destinationId: 'd',
    segmentIds: ['vip'],
    attributes: ['tier'],
    changeDetection: 'EXPORT_IF_CHANGED',
    backfill: { mode: 'ALL' },
  });
  expect(toActivationInput(later, 'd')).toMatchObject({
    backfill: { mode: 'NONE' },
    schedule: { cron: '0 3 * * *', mode: 'FULL', timeZone: 'Europe/Berlin' },
  });
  expect(toActivationInput(later, 'd').backfill).not.toHaveProperty('maxRecordsPerSecond');
});
