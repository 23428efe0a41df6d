import { expect, test } from 'vitest';
import { permitsExport } from '../../src/domain/consent.js';
import { checkConsent } from '../../src/domain/consent-input.js';
import { InputIssues } from '../../src/domain/input-issues.js';

const rule = (path: string, ...permittedValues: string[]) => ({ path, permittedValues, whenRefused: 'SKIP' as const });

test.each([
  ['y', 'y', true],
  ['n', 'y', false],
  ['Y', 'y', false],
  [true, 'true', true],
  [false, 'true', false],
  [1, '1', true],
  [1.5, '1.5', true],
  [-0, '0', true],
  ['1', '1', true],
  ['', '', true],
  [null, 'null', false],
  [['y'], 'y', false],
  [{ y: 'y' }, '[object Object]', false],
  [undefined, 'undefined', false],
])('the value %j against %j: permits %s', (val, permitted, permits) => {
  expect(permitsExport(rule('consents.share.val', permitted), { consents: { share: { val } } })).toBe(permits);
});

test('any of the values permits, and no rule permits everything', () => {
  expect(permitsExport(rule('ok', 'y', 'vi'), { ok: 'vi' })).toBe(true);
  expect(permitsExport(null, {})).toBe(true);
});

test.each([
  [{}],
  [{ consents: 'y' }],
  [{ consents: [{ val: 'y' }] }],
  [{ 'consents.val': 'y' }],
  [JSON.parse('{"__proto__":{"val":"y"}}')],
])('a path that leads nowhere in %j refuses', (attributes) => {
  expect(permitsExport(rule('consents.val', 'y'), attributes)).toBe(false);
  expect(permitsExport(rule('constructor.name', 'Object'), attributes)).toBe(false);
});

test.each<[string, ReturnType<typeof rule> | null, [string, string][]]>([
  ['no rule', null, []],
  ['a rule', rule('a.b', 'y', '1'), []],
  ['100 values', rule('a', ...numbers(100)), []],
  ['an empty path', rule('', 'y'), [['consent.path', 'REQUIRED']]],
  ['a path with an empty part', rule('a..b', 'y'), [['consent.path', 'MALFORMED']]],
  ['a path of 513 characters', rule('a'.repeat(513), 'y'), [['consent.path', 'OUT_OF_RANGE']]],
  ['no values', rule('a'), [['consent.permittedValues', 'OUT_OF_RANGE']]],
  ['101 values', rule('a', ...numbers(101)), [['consent.permittedValues', 'OUT_OF_RANGE']]],
  ['an empty value', rule('a', 'y', ''), [['consent.permittedValues.1', 'REQUIRED']]],
  ['a value of 257 characters', rule('a', 'y'.repeat(257)), [['consent.permittedValues.0', 'OUT_OF_RANGE']]],
  ['a value with NUL', rule('a', 'y\0'), [['consent.permittedValues.0', 'MALFORMED']]],
  ['a value twice', rule('a', 'y', 'n', 'y'), [['consent.permittedValues.2', 'DUPLICATE']]],
  [
    'path and values wrong at once',
    rule('.'),
    [
      ['consent.path', 'MALFORMED'],
      ['consent.permittedValues', 'OUT_OF_RANGE'],
    ],
  ],
])('of %s the faults are named', (_what, given, faults) => {
  const issues = new InputIssues();

  checkConsent(issues, given);

  expect(issues.all.map(({ path, code }) => [path.join('.'), code])).toEqual(
    faults.map(([field, code]) => [`input.${field}`, code]),
  );
});

function numbers(count: number): string[] {
  return Array.from({ length: count }, (_none, number) => String(number));
}
