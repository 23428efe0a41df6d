/**
 * A page: what a lane sends in one go. One snapshot reads destination, activations and profiles in their present
 * state; then each candidate becomes a record or a skip with its reason. Nothing is read ahead.
 */

import { randomUUID } from 'node:crypto';
import type { DeliveryCode } from '../domain/delivery-code.js';
import { encodeTexts, isPresentMember, NO_EXITS, planRecords, type RecordPlan } from '../domain/record.js';
import { createRecordWriter, type RecordText, type RecordWriter } from '../domain/record-writer.js';
import { DEFAULT_MAX_RECORD_BYTES, type KinesisRecord } from '../kinesis/record.js';
import type { Db } from '../storage/database.js';
import {
  type DeliveryTarget,
  type ExportFact,
  findPageContext,
  type PageContext,
  readSegmentNames,
} from '../storage/delivery-target.js';
import type { LaneClaim } from '../storage/lanes.js';
import {
  type Candidate,
  type ExportSlice,
  findExportSlice,
  listDueRecords,
  type PageProfile,
  readPageProfiles,
  readProfileSizes,
  sumProfileBytes,
} from '../storage/page-source.js';
import { originOf } from './origin.js';

/** One candidate, decided: a record to send, or the reason why not. */
export interface PageEntry {
  candidate: Candidate;
  activationVersion: number;
  /** 0 if the profile was erased. */
  revision: number;
  verdict: { record: KinesisRecord } | { skip: DeliveryCode };
}

/** The exports that a page's records name, by id. */
export type ExportFacts = ReadonlyMap<string, Omit<ExportFact, 'id'>>;

/** A page, ready to send. */
export interface Page {
  target: DeliveryTarget;
  /** The part of an export's page that it comes from; null if it comes from pending records. */
  slice: ExportSlice | null;
  exports: ExportFacts;
  entries: PageEntry[];
}

/** What a lane takes its next page from. */
export type PageSource = { kind: 'export'; exportId: number } | { kind: 'pending' };

/** Reserves memory for the page's profiles; resolves when the bytes are free. */
export type ReserveBytes = (bytes: number) => Promise<void>;

/** Most stored bytes of profiles in one page; at least one profile is taken whatever its size. */
export const MAX_PAGE_BYTES = 4 * 1024 * 1024;

/**
 * Reads and builds the next page of a source.
 * @returns null if the source has nothing to send now.
 */
export async function readPage(
  db: Db,
  claim: LaneClaim,
  request: { source: PageSource; reserve: ReserveBytes },
): Promise<Page | null> {
  const { source } = request;
  const slice = source.kind === 'export' ? await findExportSlice(db, claim, source.exportId) : null;
  const all = source.kind === 'export' ? (slice?.candidates ?? []) : await listDueRecords(db, claim);
  if (all.length === 0) return null;
  const { candidates, bytes } = await withinByteCap(db, claim.lane, all);
  // Before the snapshot: nothing waits for memory inside a transaction.
  await request.reserve(bytes);
  const snapshot = await db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute((tx) => readSnapshot(tx, claim, candidates));
  return snapshot && { target: snapshot.target, slice, exports: snapshot.exports, entries: decide(snapshot) };
}

interface Snapshot extends PageContext {
  candidates: Candidate[];
  /** By profile.id. */
  profiles: Map<number, PageProfile>;
  unmappedNames: { id: number; segmentId: string; namespace: string }[];
}

async function readSnapshot(tx: Db, claim: LaneClaim, candidates: Candidate[]): Promise<Snapshot | null> {
  const context = await findPageContext(tx, claim.destinationId, {
    activationIds: distinct(candidates.map((candidate) => candidate.activationId)),
    exportIds: exportIdsOf(candidates),
  });
  if (!context) return null;
  const ids = distinct(candidates.map((candidate) => candidate.profileKey));
  const profiles = await readPageProfiles(tx, claim.lane, ids);
  const showsAll = context.target.membershipScope === 'ALL';
  const unmappedNames = showsAll ? await readSegmentNames(tx, segmentIdsOf(profiles)) : [];
  return { ...context, candidates, profiles, unmappedNames };
}

/** Takes candidates from the front as long as their profiles' stored bytes stay within the cap; most pages are far below. */
async function withinByteCap(
  db: Db,
  lane: number,
  candidates: Candidate[],
): Promise<{ candidates: Candidate[]; bytes: number }> {
  const ids = distinct(candidates.map((candidate) => candidate.profileKey));
  const total = await sumProfileBytes(db, lane, ids);
  if (total <= MAX_PAGE_BYTES) return { candidates, bytes: total };
  const sizes = await readProfileSizes(db, lane, ids);
  let bytes = 0;
  let count = 0;
  for (const candidate of candidates) {
    const size = sizes.get(candidate.profileKey) ?? 0;
    if (count > 0 && bytes + size > MAX_PAGE_BYTES) break;
    bytes += size;
    count += 1;
  }
  return { candidates: candidates.slice(0, count), bytes };
}

function decide(snapshot: Snapshot): PageEntry[] {
  const judges = new Map<number, Judge>();
  for (const activation of snapshot.activations.values()) {
    const context = { mapped: activation.mapped, unmapped: snapshot.unmappedNames, now: snapshot.now };
    const plan = planRecords(activation, snapshot.target, context);
    const write = createRecordWriter(snapshot.target, activation, WRITER_OPTIONS);
    judges.set(activation.id, createJudge(plan, snapshot.exports, write));
  }
  const rulings = snapshot.candidates.map((candidate) => {
    const judge = judges.get(candidate.activationId);
    return judge ? judge(candidate, snapshot.profiles.get(candidate.profileKey)) : ACTIVATION_DELETED;
  });
  const encoded = encodeTexts(rulings.map((ruling) => ('text' in ruling ? ruling.text : '')));
  return snapshot.candidates.map((candidate, index): PageEntry => {
    const ruling = rulings[index] ?? ACTIVATION_DELETED;
    return {
      candidate,
      activationVersion: snapshot.activations.get(candidate.activationId)?.version ?? 0,
      revision: snapshot.profiles.get(candidate.profileKey)?.revision ?? 0,
      verdict: toVerdict(ruling, encoded[index] ?? NO_DATA),
    };
  });
}

/** What a judge decides: a record's text, still to be encoded, or the reason why not. */
type Ruling = RecordText | { skip: DeliveryCode };

type Judge = (candidate: Candidate, profile: PageProfile | undefined) => Ruling;

const ACTIVATION_DELETED: Ruling = { skip: 'ACTIVATION_DELETED' };
const NO_DATA = Buffer.alloc(0);
const WRITER_OPTIONS = { maxRecordBytes: DEFAULT_MAX_RECORD_BYTES, random: randomUUID };

function toVerdict(ruling: Ruling, data: Buffer): PageEntry['verdict'] {
  return 'skip' in ruling ? ruling : { record: { data, partitionKey: ruling.partitionKey } };
}

/** Judges the candidates of one activation. Those that the same exports ask for share one object, and their segments. */
function createJudge(plan: RecordPlan, exports: ExportFacts, write: RecordWriter): Judge {
  const wanted = new Map<Candidate['exports'], { isUnmapped: boolean; segmentIds: string[] }>();
  const wantedBy = (candidate: Candidate) => {
    const known = wanted.get(candidate.exports) ?? stillWanted(candidate, { plan, exports });
    wanted.set(candidate.exports, known);
    return known;
  };
  return (candidate, profile) => {
    if (!profile) return { skip: 'PROFILE_DELETED' };
    const { isUnmapped, segmentIds } = wantedBy(candidate);
    if (isUnmapped) return { skip: 'SEGMENT_UNMAPPED' };
    if (!isPresentMember(profile, segmentIds, plan.now)) return { skip: 'NOT_A_MEMBER' };
    const origin = originOf(candidate, exports);
    return write(profile, plan, { origin, causes: [], revision: profile.revision, exits: NO_EXITS });
  };
}

/** The segments (internal ids as text) of the exports that ask for a record, as far as they are still mapped. */
function stillWanted(
  candidate: Candidate,
  context: { plan: RecordPlan; exports: ExportFacts },
): { isUnmapped: boolean; segmentIds: string[] } {
  const ids = Object.keys(candidate.exports).flatMap((exportId) => context.exports.get(exportId)?.segmentIds ?? []);
  const segmentIds = distinct(ids.map(String)).filter((id) => context.plan.mappedIds.has(id));
  return { isUnmapped: ids.length > 0 && segmentIds.length === 0, segmentIds };
}

function exportIdsOf(candidates: Candidate[]): number[] {
  return distinct(candidates.flatMap((candidate) => Object.keys(candidate.exports))).map(Number);
}

function segmentIdsOf(profiles: Snapshot['profiles']): number[] {
  const ids = new Set<string>();
  for (const profile of profiles.values()) for (const id of Object.keys(profile.memberships)) ids.add(id);
  return [...ids].map(Number);
}

function distinct<Value>(values: Value[]): Value[] {
  return [...new Set(values)];
}
