/** Rules of CONTRIBUTING.md that hold for each source file by itself. */
import { basename } from 'node:path';
import { describe, expect, test } from 'vitest';
import { listFiles, readSourceFiles } from './source-tree.js';

const MAX_FILE_LINES = 400;

const sources = readSourceFiles('src');
const tests = readSourceFiles('test');

/** Kebab-case, then what kind of file it is: `record-id.ts`, `export.property.test.ts`, `app.tsx`. */
const FILE_NAME = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)*\.(ts|tsx|css|html|json|svg)$/;

/** Names that say what kind of code a file holds, not what it is about. */
const VAGUE_NAME = /(^|[-.])(utils?|helpers?|common|managers?|misc|shared|lib)([-.]|$)/;

/** Put together here, or this file would break its own rule. */
const SUPPRESSION = new RegExp(`@ts-${'(ignore|expect-error|nocheck)'}|biome-${'ignore-all'}`);

const DEFAULT_EXPORT = /^export\s+default\b|^export\s*\{[^}]*\bas\s+default\b/m;
const OTHER_MARKER = /\b(TODO|FIXME|XXX|HACK)\b/;

describe('file names', () => {
  test('are kebab-case', () => {
    const paths = [...listFiles('src'), ...listFiles('test')];

    expect(paths.filter((path) => !FILE_NAME.test(basename(path)))).toEqual([]);
  });

  test('say what the file is about, never `utils` or `helpers`', () => {
    expect(listFiles('src').filter((path) => isVague(path))).toEqual([]);
  });

  test.each(['src/http/utils.ts', 'src/lane-manager.ts', 'src/helpers/lane.ts'])('%s is vague', (path) => {
    expect(isVague(path)).toBe(true);
  });

  test.each(['src/kinesis/batch.ts', 'src/domain/communication.ts'])('%s is not vague', (path) => {
    expect(isVague(path)).toBe(false);
  });
});

describe('source files', () => {
  test(`have at most ${MAX_FILE_LINES} lines`, () => {
    const long = [...sources, ...tests].filter(({ text }) => text.split('\n').length > MAX_FILE_LINES + 1);

    expect(long.map(({ path }) => path)).toEqual([]);
  });

  test('begin with a docstring that says what the file is', () => {
    expect(sources.filter(({ text }) => !/^(#!.*\n)?\/\*\*/.test(text)).map(({ path }) => path)).toEqual([]);
  });

  test('have no default export', () => {
    const found = [...sources, ...tests].filter(({ text }) => DEFAULT_EXPORT.test(text));

    expect(found.map(({ path }) => path)).toEqual([]);
  });

  test.each(['export default {};', 'export { start as default };'])('%j is a default export', (text) => {
    expect(DEFAULT_EXPORT.test(text)).toBe(true);
  });

  test('silence no compiler and no linter for a whole file', () => {
    expect([...sources, ...tests].filter(({ text }) => SUPPRESSION.test(text)).map(({ path }) => path)).toEqual([]);
  });

  test('mark what is left to do with `@todo <issue>: …` only', () => {
    const found = sources.filter(({ text }) => OTHER_MARKER.test(text) || /@todo(?! #?\w+: )/.test(text));

    expect(found.map(({ path }) => path)).toEqual([]);
  });
});

describe('transactions of the domain', () => {
  // Elsewhere a change would leave no entry in the audit log. The snapshot of simulations is read-only.
  const OPENERS = ['src/domain/transaction.ts', 'src/domain/simulation-scene.ts'];

  test('are opened by runTransaction alone', () => {
    const openers = sources.filter(
      ({ path, text }) => path.startsWith('src/domain/') && text.includes('.transaction()'),
    );

    expect(openers.map(({ path }) => path).sort()).toEqual([...OPENERS].sort());
  });
});

function isVague(path: string): boolean {
  return path.split('/').some((part) => VAGUE_NAME.test(part));
}
