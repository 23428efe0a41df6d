/** The judge: what becomes of a candidate by the present state, whatever asked for it. */

import { expect, test } from 'vitest';
import type { DeliveryCause } from '../../src/domain/delivery-cause.js';
import { createJudge, type ExportFacts, findLiveCauses, type JudgeContext } from '../../src/domain/judge.js';
import type { StoredMembership } from '../../src/domain/profile.js';
import { type MappedSegment, planRecords, type RecordSource } from '../../src/domain/record.js';
import type { Candidate } from '../../src/storage/page-source.js';
import { exampleTarget } from '../support/delivery.js';

const NOW = new Date('2026-06-01T00:00:00Z');
const REALIZED: StoredMembership = { status: 'REALIZED', qualifiedAt: 't' };
const EXITED: StoredMembership = { status: 'EXITED', qualifiedAt: 't' };
const JOINED: DeliveryCause = { kind: 'MEMBERSHIP', subject: 'vip' };
const RENAMED: DeliveryCause = { kind: 'ATTRIBUTE', subject: 'name' };
const WITHDRAWN: DeliveryCause = { kind: 'CONSENT', subject: 'consent' };
const CONSENT = { path: 'consent', permittedValues: ['y'], whenRefused: 'SEND_EXIT' as const };
const MANUAL: ExportFacts = new Map([['5', { trigger: 'MANUAL', segmentIds: [1] }]]);
const EXITS: ExportFacts = new Map([['5', { trigger: 'EXITS', segmentIds: [2] }]]);

test.each([
  ['a present member whose attribute changed', [RENAMED], { 1: REALIZED }, 'SEND'],
  ['who left, with the exit among the causes', [RENAMED, JOINED], { 1: EXITED }, 'SEND'],
  ['who left, and whose exit was sent before', [RENAMED], { 1: EXITED }, 'NOT_A_MEMBER'],
  [
    'who joined a segment that was unmapped since',
    [{ ...JOINED, subject: 'gone' }],
    { 1: REALIZED },
    'SEGMENT_UNMAPPED',
  ],
  ['nobody that any cause asks for any more', [], { 1: REALIZED }, 'CHANGES_DISCARDED'],
] as const)('live: %s', (_name, causes, memberships, verdict) => {
  expect(judge({ causes, memberships })).toBe(verdict);
});

test('an erased profile is skipped, whatever asked', () => {
  expect(createJudge(context({}))(candidate({}), [JOINED], undefined)).toEqual({ skip: 'PROFILE_DELETED' });
});

test.each([
  ['a present member', { 1: REALIZED }, 'SEND'],
  ['who left since', { 1: EXITED }, 'NOT_A_MEMBER'],
  ['who never was one', {}, 'NOT_A_MEMBER'],
] as const)('an export sends %s', (_name, memberships, verdict) => {
  expect(judge({ exports: MANUAL, memberships })).toBe(verdict);
});

test('an export of a segment that was unmapped since skips its members', () => {
  const exports: ExportFacts = new Map([['5', { trigger: 'MANUAL', segmentIds: [2] }]]);

  expect(judge({ exports, memberships: { 1: REALIZED, 2: REALIZED } })).toBe('SEGMENT_UNMAPPED');
});

test('an export of exits sends the unmapped segment as exited, and nothing once it is mapped again', () => {
  expect(judge({ exports: EXITS, memberships: { 1: REALIZED, 2: REALIZED } })).toEqual(['2']);
  expect(judge({ exports: EXITS, memberships: { 2: REALIZED }, mapped: [1, 2] })).toBe('SEGMENT_MAPPED_AGAIN');
});

test('without consent nobody is sent, but for the exit where the rule says so', () => {
  const memberships = { 1: REALIZED };

  expect(judge({ causes: [JOINED], memberships, consent: CONSENT })).toBe('CONSENT_REFUSED');
  expect(judge({ exports: MANUAL, memberships, consent: CONSENT })).toBe('CONSENT_REFUSED');
  expect(judge({ causes: [JOINED, WITHDRAWN], memberships, consent: CONSENT })).toBe('ALL');
  expect(judge({ causes: [WITHDRAWN], memberships, consent: { ...CONSENT, whenRefused: 'SKIP' } })).toBe(
    'CONSENT_REFUSED',
  );
});

test('a withdrawal that was taken back before it was sent sends the member as it is', () => {
  const given = { causes: [WITHDRAWN], memberships: { 1: REALIZED }, consent: CONSENT, attributes: { consent: 'y' } };

  expect(judge(given)).toBe('SEND');
});

test('causes come sorted, without those that a discard covers', () => {
  const causes = { 'MEMBERSHIP:vip': 4, 'ATTRIBUTE:name': 6 };
  const pending = { version: 6, causes, attempts: 0, outcomeUnknown: false, waitedMs: 0 };

  expect(findLiveCauses({ ...candidate({}), pending }, 0)).toEqual([RENAMED, JOINED]);
  expect(findLiveCauses({ ...candidate({}), pending }, 4)).toEqual([RENAMED]);
  expect(findLiveCauses({ ...candidate({}), pending }, 6)).toEqual([]);
  expect(findLiveCauses(candidate({}), 0)).toEqual([]);
});

interface Given {
  causes?: readonly DeliveryCause[];
  exports?: ExportFacts;
  memberships: Record<string, StoredMembership>;
  attributes?: Record<string, unknown>;
  mapped?: number[];
  consent?: JudgeContext['consent'];
}

/** SEND, ALL or the ids of exits if it is sent; else the code of the skip. */
function judge(given: Given): unknown {
  const { causes = [], exports = new Map(), memberships, attributes = {} } = given;
  const profile: RecordSource = { profileId: 'p', attributes, identities: {}, memberships };
  const judgement = createJudge(context(given))(
    candidate(Object.fromEntries([...exports.keys()].map((id) => [id, '0']))),
    causes,
    profile,
  );
  if ('skip' in judgement) return judgement.skip;
  if (judgement.exits === 'ALL') return 'ALL';
  return judgement.exits.size === 0 ? 'SEND' : [...judgement.exits];
}

function candidate(exports: Candidate['exports']): Candidate {
  return { activationId: 1, profileKey: 1, exports, pending: null };
}

function context({ exports = new Map(), mapped = [1], consent = null }: Partial<Given>): JudgeContext {
  const segments = mapped.map(segment);
  const names = [segment(2)];
  const plan = planRecords({ attributes: [] }, exampleTarget, {
    mapped: segments,
    unmapped: [],
    leaving: names,
    now: NOW,
  });
  return { activation: { mapped: segments }, consent, plan, exports, names };
}

function segment(id: number): MappedSegment {
  const at = new Date(0);
  const times = { createdAt: at, updatedAt: at, mappingCreatedAt: at, mappingUpdatedAt: at };
  const segmentId = id === 1 ? 'vip' : 'old';
  return { id, segmentId, namespace: 'ups', name: segmentId, description: null, version: 1, ...times };
}
