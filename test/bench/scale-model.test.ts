import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { printScale } from '../../bench/scale-model.js';

test('the tables of the guide are what the model reckons', async () => {
  const guide = await readFile('docs/guides/scale.md', 'utf8');
  const [, tables] = /<!-- tables -->\n([\s\S]*)<!-- end of tables -->/.exec(guide) ?? [];

  expect(tables?.trim()).toBe(printScale());
});
