import { describe, expect, test } from 'vitest';
import {
  type Field,
  findFaults,
  initialValues,
  isShown,
  toChanges,
  toInput,
} from '../../src/console/fields/field-values.js';

function field(name: string, details: Partial<Field> = {}): Field {
  const none = { required: false, pattern: null, maxLength: null, defaultValue: null, options: [], shownWhen: null };
  return { name, label: name, help: '', type: 'TEXT', ...none, ...details };
}

const strategy = field('key.strategy', { type: 'ENUM', defaultValue: 'ID' });
const argument = field('key.argument', {
  required: true,
  shownWhen: { field: 'key.strategy', values: ['ATTRIBUTE'] },
});

describe('inputs from fields', () => {
  test('begin with defaults, and leave out what is empty or hidden', () => {
    const fields = [field('name'), field('note'), field('names', { type: 'BOOLEAN' }), strategy, argument];
    const values = { ...initialValues(fields), name: 'orders', 'key.argument': 'typed before' };

    expect(toInput(fields, values)).toEqual({ name: 'orders', names: false, key: { strategy: 'ID' } });
  });

  test('nest what has a dot in its name, once the first of its group is given', () => {
    const fields = [
      field('consent.path'),
      field('consent.permitted', { type: 'TEXT_LIST' }),
      field('consent.whenRefused', { type: 'ENUM', defaultValue: 'SKIP' }),
    ];
    const given = { ...initialValues(fields), 'consent.path': 'a.b', 'consent.permitted': ['y'] };

    expect(toInput(fields, initialValues(fields))).toEqual({});
    expect(toInput(fields, given)).toEqual({ consent: { path: 'a.b', permitted: ['y'], whenRefused: 'SKIP' } });
  });

  test('carry whole numbers as numbers', () => {
    const rate = field('rate', { type: 'INTEGER' });

    expect(toInput([rate], { rate: ' 500 ' })).toEqual({ rate: 500 });
    expect(toInput([rate], initialValues([rate]))).toEqual({});
    expect(toChanges([rate], { before: { rate: '500' }, after: { rate: '' } })).toEqual({ rate: null });
  });

  test('carry times as the moments that they are where the reader is', () => {
    const local = '2026-08-01T12:30';

    expect(toInput([field('expiresAt', { type: 'TIME' })], { expiresAt: local })).toEqual({
      expiresAt: new Date(local).toISOString(),
    });
  });
});

describe('faults of fields', () => {
  test('are told for what is shown only', () => {
    const shown = { 'key.strategy': 'ATTRIBUTE', 'key.argument': '' };

    expect(isShown(argument, { 'key.strategy': 'ID' })).toBe(false);
    expect(findFaults([strategy, argument], { 'key.strategy': 'ID', 'key.argument': '' })).toEqual({});
    expect(findFaults([strategy, argument], shown)).toEqual({ 'key.argument': 'This is needed.' });
  });

  test('are about the whole value, its length, and its form', () => {
    const region = field('region', { pattern: '[a-z]{2}-[a-z]+-\\d' });

    expect(findFaults([region], { region: 'us-east-1' })).toEqual({});
    expect(findFaults([region], { region: 'in us-east-1' })).toHaveProperty('region');
    expect(findFaults([field('name', { maxLength: 3 })], { name: 'four' })).toHaveProperty('name');
    expect(findFaults([field('rate', { type: 'INTEGER' })], { rate: '1.5' })).toHaveProperty('rate');
    expect(findFaults([field('at', { type: 'TIME' })], { at: 'never' })).toHaveProperty('at');
  });
});
