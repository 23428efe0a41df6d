import { expect, test } from 'vitest';
import { emptyDraft, toActivationInput } from '../../src/console/activate/activation-draft.js';
import { buildAttributeTree, type FoundAttribute } from '../../src/console/activate/attribute-tree.js';

test('paths make one tree of what can be mapped, with a sample of each value', () => {
  const tree = buildAttributeTree([
    found('empty', { type: 'MAP' }),
    found('person', { type: 'MAP' }),
    found('person.isActive', { type: 'BOOLEAN', samples: ['false'] }),
    found('person.name', { type: 'MIXED' }),
    found('person.name.firstName', { type: 'STRING', samples: ['"Ada"', '"Bo"'], share: 0.5 }),
    found('personal', { type: 'STRING', samples: [] }),
    found('tags', { type: 'ARRAY' }),
    found('tier', { type: 'NUMBER', samples: ['0'] }),
  ]);

  const whole = { share: 1, children: [] };
  expect(tree).toEqual([
    {
      ...whole,
      name: 'person',
      path: 'person',
      sample: null,
      children: [
        { ...whole, name: 'isActive', path: 'person.isActive', sample: 'false' },
        {
          ...whole,
          name: 'name',
          path: 'person.name',
          sample: null,
          children: [{ name: 'firstName', path: 'person.name.firstName', sample: 'Ada', share: 0.5, children: [] }],
        },
      ],
    },
    { ...whole, name: 'personal', path: 'personal', sample: null },
    { ...whole, name: 'tier', path: 'tier', sample: '0' },
  ]);
});

function found(path: string, of: Pick<FoundAttribute, 'type'> & Partial<FoundAttribute>): FoundAttribute {
  const mappable = ['BOOLEAN', 'NUMBER', 'STRING'].includes(of.type);
  return { path, mappable, share: 1, samples: [], ...of };
}

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
