/** The package's folder, from wherever its code runs. */

import { parse, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { findPackageFolder } from '../src/package-folder.js';

const root = resolve(import.meta.dirname, '..');

test.each(['src', 'dist/server', '.'])('from %s it is the folder of package.json', (place) => {
  expect(findPackageFolder(resolve(root, place))).toBe(root);
});

test('by default it is looked for from the module itself', () => {
  expect(findPackageFolder()).toBe(root);
});

test('outside of a package it says what is wrong', () => {
  expect(() => findPackageFolder(parse(root).root)).toThrow('install it whole');
});
