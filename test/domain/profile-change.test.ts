import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  applyProfileChange,
  type MembershipSetting,
  mergeAttributes,
  type ProfileChange,
  type ProfileState,
} from '../../src/domain/profile-change.js';

const NOW = new Date('2026-08-01T12:00:00.000Z');
const context = {
  now: NOW,
  segments: new Map([
    ['gold', { id: 1, namespace: 'ups' }],
    ['silver', { id: 2, namespace: 'ups' }],
  ]),
};

function change(parts: Partial<ProfileChange>): ProfileChange {
  return { profileId: 'p', attributes: null, identities: null, memberships: [], path: [], ...parts };
}

function setting(parts: Partial<MembershipSetting>): MembershipSetting {
  const defaults = { segmentId: 'gold', namespace: null, status: 'REALIZED' as const, path: [] };
  return { ...defaults, lastQualificationTime: '2022-01-01T00:00:00Z', validUntil: null, ...parts };
}

function state(parts: Partial<ProfileState> = {}): ProfileState {
  return { attributes: {}, identities: {}, memberships: {}, ...parts };
}

const json = fc.jsonValue({ maxDepth: 4 }).map((value): unknown => value);
const object = fc.dictionary(fc.oneof(fc.constantFrom('a', 'b', '__proto__', 'constructor'), fc.string()), json, {
  noNullPrototype: true,
});

/** RFC 7396, section 2, word for word; on Maps, so that no key is special. */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (!(patch instanceof Map)) return patch;
  const merged = new Map(target instanceof Map ? target : []);
  for (const [key, value] of patch) {
    if (value === null) merged.delete(key);
    else merged.set(key, mergePatch(merged.get(key), value));
  }
  return merged;
}

function toMaps(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toMaps);
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? 0 : value;
  return new Map(Object.entries(value).map(([key, inner]) => [key, toMaps(inner)]));
}

describe('attributes', () => {
  test('merge as RFC 7396 says, whatever the keys', () => {
    fc.assert(
      fc.property(object, object, (target, patch) => {
        expect(toMaps(mergeAttributes(target, patch))).toEqual(mergePatch(toMaps(target), toMaps(patch)));
      }),
      { numRuns: 1000 },
    );
  });

  test('the same change a second time alters nothing', () => {
    fc.assert(
      fc.property(object, object, (target, patch) => {
        const once = applyProfileChange(state({ attributes: target }), change({ attributes: patch }), context).after;
        const twice = applyProfileChange(once, change({ attributes: patch }), context);

        expect(twice.changed).toBe(false);
        expect(twice.after).toBe(once);
      }),
      { numRuns: 1000 },
    );
  });

  test('a change alters no value that it was given', () => {
    fc.assert(
      fc.property(object, object, (target, patch) => {
        const before = JSON.stringify([target, patch]);
        mergeAttributes(target, patch);
        expect(JSON.stringify([target, patch])).toBe(before);
        expect(Object.keys(Object.prototype)).toEqual([]);
      }),
    );
  });

  test('nulls of a new profile are left out, those in lists stay', () => {
    const { after } = applyProfileChange(null, change({ attributes: { a: null, b: { c: null }, d: [null] } }), context);

    expect(after.attributes).toEqual({ b: {}, d: [null] });
  });
});

describe('identities', () => {
  test('given ones replace all; null leaves them', () => {
    const before = state({ identities: { ecid: ['1'], email: ['a'] } });

    expect(applyProfileChange(before, change({ identities: { ecid: ['2'] } }), context).after.identities).toEqual({
      ecid: ['2'],
    });
    expect(applyProfileChange(before, change({ identities: {} }), context).after.identities).toEqual({});
    expect(applyProfileChange(before, change({}), context).changed).toBe(false);
  });

  test('another order of values is a change, another order of namespaces is none', () => {
    const before = state({ identities: { a: ['1', '2'], b: ['3'] } });

    expect(applyProfileChange(before, change({ identities: { b: ['3'], a: ['1', '2'] } }), context).changed).toBe(
      false,
    );
    expect(applyProfileChange(before, change({ identities: { a: ['2', '1'], b: ['3'] } }), context).changed).toBe(true);
  });
});

describe('memberships', () => {
  const stored = { status: 'REALIZED' as const, qualifiedAt: '2021-01-01T00:00:00Z' };

  test.each([
    ['nobody', undefined, 'REALIZED', 'REALIZED'],
    ['nobody', undefined, 'EXISTING', 'EXISTING'],
    ['nobody', undefined, 'EXITED', 'EXITED'],
    ['a new member', stored, 'REALIZED', 'EXISTING'],
    ['an old member', { ...stored, status: 'EXISTING' as const }, 'REALIZED', 'EXISTING'],
    ['a former member', { ...stored, status: 'EXITED' as const }, 'REALIZED', 'REALIZED'],
    ['a new member', stored, 'EXITED', 'EXITED'],
    ['a member whose time is over', { ...stored, validUntil: '2026-08-01T12:00:00Z' }, 'REALIZED', 'REALIZED'],
    ['a member for a second more', { ...stored, validUntil: '2026-08-01T12:00:01Z' }, 'REALIZED', 'EXISTING'],
  ] as const)('%s (%o) that is set to %s is stored as %s', (_who, before, status, expected) => {
    const memberships: ProfileState['memberships'] = before ? { 1: before } : {};

    const applied = applyProfileChange(state({ memberships }), change({ memberships: [setting({ status })] }), context);

    expect(applied.after.memberships[1]).toEqual({ status: expected, qualifiedAt: '2022-01-01T00:00:00Z' });
    expect(applied.membershipChanges).toEqual([
      { segmentId: 1, before: before ?? null, after: applied.after.memberships[1] },
    ]);
  });

  test.each([
    ['is over', '2026-08-01T12:00:00+0000', 'EXITED'],
    ['was prolonged by a second', '2026-08-01T12:00:01Z', 'EXISTING'],
    ['lasts for good now', undefined, 'EXISTING'],
  ])('the expiry ends a membership only if it %s, and leaves its times', (_what, validUntil, status) => {
    const stored = {
      status: 'EXISTING' as const,
      qualifiedAt: '2018-04-26T15:52:25+0000',
      ...(validUntil && { validUntil }),
    };
    const expiry = change({ memberships: [setting({ status: 'EXITED', expiredAt: NOW })] });

    const applied = applyProfileChange(state({ memberships: { 1: stored } }), expiry, context);

    expect(applied.after.memberships).toEqual({ 1: { ...stored, status } });
    expect(applied.changed).toBe(status === 'EXITED');
    expect(applyProfileChange(state(), expiry, context)).toMatchObject({ changed: false, membershipChanges: [] });
  });

  test('a `validUntil` that is over makes it exited; both texts stay as given', () => {
    const given = setting({
      lastQualificationTime: '2018-04-26T15:52:25+0000',
      validUntil: '2019-04-26T15:52:25+00:00',
    });

    const { after } = applyProfileChange(null, change({ memberships: [given] }), context);

    expect(after.memberships).toEqual({
      1: { status: 'EXITED', qualifiedAt: '2018-04-26T15:52:25+0000', validUntil: '2019-04-26T15:52:25+00:00' },
    });
  });

  test('no time means now, and others stay', () => {
    const before = state({ memberships: { 2: stored } });

    const { after } = applyProfileChange(
      before,
      change({ memberships: [setting({ lastQualificationTime: null })] }),
      context,
    );

    expect(after.memberships).toEqual({ 1: { status: 'REALIZED', qualifiedAt: '2026-08-01T12:00:00Z' }, 2: stored });
  });

  test('setting what is stored already changes nothing', () => {
    const before = state({ memberships: { 1: { status: 'EXITED', qualifiedAt: '2022-01-01T00:00:00Z' } } });

    const applied = applyProfileChange(before, change({ memberships: [setting({ status: 'EXITED' })] }), context);

    expect(applied).toEqual({ after: before, changed: false, membershipChanges: [] });
  });
});

test('a new profile is a change even if it is empty', () => {
  expect(applyProfileChange(null, change({}), context)).toEqual({
    after: state(),
    changed: true,
    membershipChanges: [],
  });
});
