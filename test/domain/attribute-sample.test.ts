import { expect, test } from 'vitest';
import { describeAttributes, MAX_SAMPLED_PATHS } from '../../src/domain/attribute-sample.js';

test('attributes are told by path, with what their values are, how many profiles have them, and some values', () => {
  const found = describeAttributes([
    { tier: 'gold', person: { age: 30, name: null }, tags: ['a'], 'dotted.name': 1, '': 1 },
    { tier: 'gold', person: { age: '31' }, mixed: { deep: true } },
    { tier: 'silver', mixed: 5 },
    { tier: 'x'.repeat(300), person: 'Ada' },
  ]);

  expect(found).toEqual([
    { path: 'mixed', type: 'MIXED', mappable: false, share: 0.5, samples: ['5'] },
    { path: 'mixed.deep', type: 'BOOLEAN', mappable: true, share: 0.25, samples: ['true'] },
    { path: 'person', type: 'MIXED', mappable: false, share: 0.75, samples: ['"Ada"'] },
    { path: 'person.age', type: 'MIXED', mappable: true, share: 0.5, samples: ['30', '"31"'] },
    { path: 'tags', type: 'ARRAY', mappable: false, share: 0.25, samples: [] },
    { path: 'tier', type: 'STRING', mappable: true, share: 1, samples: ['"gold"', '"silver"'] },
  ]);
});

test('at most three values and 1,000 paths; no profiles, no paths', () => {
  const names = Array.from({ length: MAX_SAMPLED_PATHS + 1 }, (_, number) => `name${number}`);
  const many = describeAttributes([Object.fromEntries(names.map((name) => [name, 1]))]);

  expect(many).toHaveLength(MAX_SAMPLED_PATHS);
  expect(describeAttributes([1, 2, 3, 4].map((value) => ({ value })))[0]?.samples).toEqual(['1', '2', '3']);
  expect(describeAttributes([])).toEqual([]);
});
