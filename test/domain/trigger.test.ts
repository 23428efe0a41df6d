/** Triggers: the table of what is delivered live, row by row. */

import { describe, expect, test } from 'vitest';
import type { StoredMembership } from '../../src/domain/profile.js';
import type { ProfileState } from '../../src/domain/profile-change.js';
import { findCauses, type TriggeringChange, type TriggerRules } from '../../src/domain/trigger.js';

const NOW = new Date('2026-06-01T00:00:00Z');
const REALIZED: StoredMembership = { status: 'REALIZED', qualifiedAt: '2026-01-01T00:00:00Z' };
const EXISTING: StoredMembership = { ...REALIZED, status: 'EXISTING' };
const EXITED: StoredMembership = { ...REALIZED, status: 'EXITED' };
const OVER: StoredMembership = { ...REALIZED, validUntil: '2026-05-01T00:00:00Z' };
const MEMBER = profile({ memberships: { 1: REALIZED } });
const STRANGER = profile({});
const CONSENT = { path: 'consent', permittedValues: ['y', 'true'], whenRefused: 'SKIP' as const };

describe('memberships', () => {
  const rows: [string, StoredMembership | undefined, StoredMembership, string[]][] = [
    ['is new and realized', undefined, REALIZED, ['MEMBERSHIP:vip']],
    ['exits', REALIZED, EXITED, ['MEMBERSHIP:vip']],
    ['exits from existing', EXISTING, EXITED, ['MEMBERSHIP:vip']],
    ['is realized after an exit', EXITED, REALIZED, ['MEMBERSHIP:vip']],
    ['is realized after existing', EXISTING, REALIZED, ['MEMBERSHIP:vip']],
    ['qualifies again', REALIZED, EXISTING, []],
    ['is written as it is', REALIZED, { ...REALIZED, qualifiedAt: '2026-02-01T00:00:00Z' }, []],
    ['exits again', EXITED, { ...EXITED, qualifiedAt: '2026-02-01T00:00:00Z' }, []],
    ['is over when it is written: its exit comes when it is marked', undefined, OVER, []],
    ['was over, and is marked as exited', OVER, { ...OVER, status: 'EXITED' }, ['MEMBERSHIP:vip']],
  ];
  test.each(rows)('a membership that %s', (_name, held, holds, causes) => {
    const before = profile({ memberships: held ? { 1: held } : {} });

    expect(find({ before, after: profile({ memberships: { 1: holds } }) })).toEqual(causes);
  });

  test('a membership of an unmapped segment triggers nothing', () => {
    expect(find({ before: MEMBER, after: profile({ memberships: { 1: REALIZED, 9: REALIZED } }) })).toEqual([]);
  });
});

describe('identities', () => {
  const withEmail = (state: ProfileState, ...values: string[]) => ({ ...state, identities: { Email: values } });

  test.each([
    ['added to a member', MEMBER, withEmail(MEMBER, 'a'), ['IDENTITY:Email']],
    ['removed from a member', withEmail(MEMBER, 'a'), MEMBER, ['IDENTITY:Email']],
    ['replaced', withEmail(MEMBER, 'a'), withEmail(MEMBER, 'b'), ['IDENTITY:Email']],
    ['put in another order', withEmail(MEMBER, 'a', 'b'), withEmail(MEMBER, 'b', 'a'), []],
    ['added to who is no member', STRANGER, withEmail(STRANGER, 'a'), []],
  ] as const)('an identity %s', (_name, before, after, causes) => {
    expect(find({ before, after })).toEqual(causes);
  });

  test('a namespace named like an inherited property is a namespace', () => {
    const after = { ...MEMBER, identities: JSON.parse('{"__proto__":["x"],"constructor":["y"]}') };

    expect(find({ before: MEMBER, after })).toEqual(['IDENTITY:__proto__', 'IDENTITY:constructor']);
  });
});

describe('attributes', () => {
  const named = (name: unknown) => profile({ memberships: { 1: REALIZED }, attributes: { person: { name } } });

  test.each([
    ['written with another value', named('a'), named('b'), ['ATTRIBUTE:person.name']],
    ['removed', named('a'), MEMBER, ['ATTRIBUTE:person.name']],
    ['added', MEMBER, named('a'), ['ATTRIBUTE:person.name']],
    ['written with an equal value', named('a'), named('a'), []],
    ['turned from one map into another: records hold neither', named({ a: 1 }), named({ b: 1 }), []],
    ['of who is no member', STRANGER, profile({ attributes: { person: { name: 'a' } } }), []],
  ] as const)('a mapped attribute %s', (_name, before, after, causes) => {
    expect(find({ before, after })).toEqual(causes);
  });

  test('an unmapped attribute triggers nothing', () => {
    expect(find({ before: MEMBER, after: { ...MEMBER, attributes: { other: 1 } } })).toEqual([]);
  });

  test('an equal value triggers under EXPORT_ALWAYS, if it was written', () => {
    const change = { before: named('a'), after: named('a') };

    expect(find({ ...change, written: [{ person: { name: 'a' } }] }, { changeDetection: 'EXPORT_ALWAYS' })).toEqual([
      'ATTRIBUTE:person.name',
    ]);
    expect(find({ ...change, written: [{ person: { age: 1 } }] }, { changeDetection: 'EXPORT_ALWAYS' })).toEqual([]);
    expect(find({ ...change, written: [{ person: { name: 'a' } }] })).toEqual([]);
  });
});

describe('consent', () => {
  const member = (consent: unknown) => profile({ memberships: { 1: REALIZED }, attributes: { consent } });
  const exits = { ...CONSENT, whenRefused: 'SEND_EXIT' as const };

  test.each([
    ['withdrawn from a rule that skips', CONSENT, member('y'), member('n'), []],
    ['withdrawn from a rule that sends exits', exits, member('y'), member('n'), ['CONSENT:consent']],
    ['withdrawn by who is no member', exits, profile({ attributes: { consent: 'y' } }), STRANGER, []],
    ['given', CONSENT, member('n'), member('y'), ['CONSENT:consent']],
    ['given in another permitted form', CONSENT, member('y'), member(true), []],
    ['refused before and after', exits, member('n'), member(undefined), []],
  ] as const)('consent %s', (_name, consent, before, after, causes) => {
    expect(find({ before, after }, { consent })).toEqual(causes);
  });

  test('without consent nothing else triggers either, not even an exit', () => {
    const before = member('n');
    const after = { ...member('n'), memberships: { 1: EXITED }, identities: { Email: ['a'] } };

    expect(find({ before, after }, { consent: exits })).toEqual([]);
  });

  test('who is new without consent triggers nothing', () => {
    expect(find({ before: null, after: member('n') }, { consent: exits })).toEqual([]);
  });
});

test('all that changed at once is named', () => {
  const after = profile({ memberships: { 1: REALIZED }, attributes: { person: { name: 'a' } } });

  expect(find({ before: null, after: { ...after, identities: { Email: ['a'] } } })).toEqual([
    'MEMBERSHIP:vip',
    'IDENTITY:Email',
    'ATTRIBUTE:person.name',
  ]);
});

function profile(state: Partial<ProfileState>): ProfileState {
  return { attributes: {}, identities: {}, memberships: {}, ...state };
}

function find(
  change: Omit<TriggeringChange, 'written'> & Partial<TriggeringChange>,
  rules: Partial<TriggerRules> = {},
): string[] {
  const base: TriggerRules = {
    activationId: 1,
    destinationId: 1,
    attributes: ['person.name'],
    changeDetection: 'EXPORT_IF_CHANGED',
    consent: null,
    segments: [{ id: 1, segmentId: 'vip' }],
  };
  const causes = findCauses({ written: [], ...change }, { ...base, ...rules }, NOW);
  return causes.map(({ kind, subject }) => `${kind}:${subject}`);
}
