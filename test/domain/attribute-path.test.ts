import { describe, expect, test } from 'vitest';
import { checkAttributePaths, checkAttributeTypes } from '../../src/domain/attribute-path.js';
import { InputIssues } from '../../src/domain/input-issues.js';

function faultsOf(paths: string[]): string[] {
  const issues = new InputIssues();
  checkAttributePaths(issues, paths);
  return issues.all.map(({ code, path }) => `${code} ${path.join('.')}`);
}

describe('attribute paths', () => {
  test('of any depth are fine, also beside each other', () => {
    expect(faultsOf(['person.name.firstName', 'person.name.lastName', 'personal', 'x'.repeat(512)])).toEqual([]);
  });

  test.each([
    [[''], ['REQUIRED input.attributes.0']],
    [
      ['ok', 'a..b', '.a', 'b.'],
      ['MALFORMED input.attributes.1', 'MALFORMED input.attributes.2', 'MALFORMED input.attributes.3'],
    ],
    [['x'.repeat(513)], ['OUT_OF_RANGE input.attributes.0']],
    [['a\0b'], ['MALFORMED input.attributes.0']],
    [['a', 'b', 'a'], ['DUPLICATE input.attributes.2']],
    [['a.b', 'a'], ['NOT_ALLOWED input.attributes.0']],
    [['a', 'a.b.c'], ['NOT_ALLOWED input.attributes.1']],
    [Array.from({ length: 101 }, (_value, number) => `a${number}`), ['OUT_OF_RANGE input.attributes']],
  ])('%j have faults', (paths, faults) => {
    expect(faultsOf(paths)).toEqual(faults);
  });

  test('to arrays and maps are refused by name of the type', () => {
    const issues = new InputIssues();
    checkAttributeTypes(issues, [null, 'array', 'object']);

    expect(issues.all.map(({ code, path, message }) => [code, path[2], message.match(/is (an? \w+)/)?.[1]])).toEqual([
      ['NOT_ALLOWED', '1', 'an array'],
      ['NOT_ALLOWED', '2', 'a map'],
    ]);
  });
});
