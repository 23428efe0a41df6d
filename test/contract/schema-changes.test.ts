/** The committed schema: it is what the code says, and nothing that clients rely on goes without notice. */
import { execFileSync } from 'node:child_process';
import { CriticalityLevel, diff } from '@graphql-inspector/core';
import { buildSchema } from 'graphql';
import { describe, expect, test } from 'vitest';
import { buildGraphQLSchema, printSortedSchema } from '../../src/graphql/schema.js';
import { ROOT, readText } from './source-tree.js';

const FILE = 'schema/schema.graphql';

describe('the committed schema', () => {
  test('is what the code says; `npm run schema` writes it', () => {
    expect(readText(FILE)).toBe(printSortedSchema());
  });

  const before = findSchemaBefore();

  // Without history (a source archive, a first commit) there is nothing to compare with.
  test.skipIf(before === null)('breaks no client unannounced: CHANGELOG.md names what goes', async () => {
    const unannounced = await findUnannouncedBreaks(before ?? '', readText('CHANGELOG.md'));

    expect(unannounced).toEqual([]);
  });
});

describe('the check for breaking changes', () => {
  const now = printSortedSchema();
  const withMore = `${now}\nextend type Query {\n  "Gone by now."\n  formerField: String\n}\n`;

  test('finds a field that is gone', async () => {
    expect(await findUnannouncedBreaks(withMore, '')).toEqual([
      "Query.formerField: Field 'formerField' was removed from object type 'Query'",
    ]);
  });

  test('accepts it once the changelog names its path', async () => {
    expect(await findUnannouncedBreaks(withMore, '- `Query.formerField` is gone: use `node`.')).toEqual([]);
  });
});

/** Breaking changes since an older schema whose paths the changelog does not name, one line each. */
async function findUnannouncedBreaks(before: string, changelog: string): Promise<string[]> {
  const changes = await diff(buildSchema(before), buildGraphQLSchema());
  return changes
    .filter(({ criticality }) => criticality.level === CriticalityLevel.Breaking)
    .filter(({ path }) => !changelog.includes(`\`${path}\``))
    .map(({ path, message }) => `${path}: ${message}`);
}

/**
 * The schema before this change: HEAD's, or, when the working tree has no change of it, the one before HEAD's, so that
 * the check still bites after the commit. Null where git or the history has none.
 */
function findSchemaBefore(): string | null {
  const committed = readCommitted('HEAD');
  if (committed === null || committed !== readText(FILE)) return committed;
  const [, previous] = (git(['log', '-2', '--format=%H', '--', FILE]) ?? '').trim().split('\n');
  return previous ? readCommitted(previous) : null;
}

function readCommitted(commit: string): string | null {
  return git(['show', `${commit}:${FILE}`]);
}

function git(args: string[]): string | null {
  try {
    return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return null;
  }
}
