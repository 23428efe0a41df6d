/**
 * A page: what a lane sends in one go. One snapshot reads destination, activations and profiles in their present
 * state; then each candidate becomes a record or a skip with its reason. Nothing is read ahead.
 */

import type { DeliveryCode } from '../domain/delivery-code.js';
import { buildRecordData, isPresentMember, planRecords, type RecordPlan } from '../domain/record.js';
import type { KinesisRecord } from '../kinesis/record.js';
import type { Db } from '../storage/database.js';
import {
  type ActivationTarget,
  type DeliveryTarget,
  findDeliveryTarget,
  readActivationTargets,
  readSegmentNames,
} from '../storage/delivery-target.js';
import type { LaneClaim } from '../storage/lanes.js';
import {
  type Candidate,
  type ExportSlice,
  findExportSlice,
  listDueRecords,
  type PageProfile,
  readExportFacts,
  readPageProfiles,
  readProfileSizes,
} from '../storage/page-source.js';

/** One candidate, decided: a record to send, or the reason why not. */
export interface PageEntry {
  candidate: Candidate;
  activationVersion: number;
  /** 0 if the profile was erased. */
  revision: number;
  verdict: { record: KinesisRecord } | { skip: DeliveryCode };
}

/** The exports that a page's records name, by id. */
export type ExportFacts = Map<string, { trigger: string; segmentIds: number[] }>;

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

interface Snapshot {
  target: DeliveryTarget;
  exports: ExportFacts;
  candidates: Candidate[];
  activations: Map<number, ActivationTarget>;
  profiles: Map<number, PageProfile>;
  unmappedNames: { id: number; segmentId: string; namespace: string }[];
}

async function readSnapshot(tx: Db, claim: LaneClaim, candidates: Candidate[]): Promise<Snapshot | null> {
  const target = await findDeliveryTarget(tx, claim.destinationId);
  if (!target) return null;
  const exports = await readExportFacts(tx, exportIdsOf(candidates));
  const activations = await readActivationTargets(tx, distinct(candidates.map((candidate) => candidate.activationId)));
  const profiles = await readPageProfiles(tx, claim.lane, distinct(candidates.map((candidate) => candidate.profileKey)));
  const unmappedNames = target.membershipScope === 'ALL' ? await readSegmentNames(tx, segmentIdsOf(profiles)) : [];
  return { target, exports, candidates, activations, profiles, unmappedNames };
}

/** Takes candidates from the front as long as their profiles' stored bytes stay within the cap. */
async function withinByteCap(
  db: Db,
  lane: number,
  candidates: Candidate[],
): Promise<{ candidates: Candidate[]; bytes: number }> {
  const sizes = await readProfileSizes(db, lane, distinct(candidates.map((candidate) => candidate.profileKey)));
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
  const plans = new Map<number, RecordPlan>();
  for (const activation of snapshot.activations.values()) {
    const segments = { mapped: activation.mapped, unmapped: snapshot.unmappedNames };
    plans.set(activation.id, planRecords(activation, snapshot.target, segments));
  }
  return snapshot.candidates.map((candidate): PageEntry => {
    const activation = snapshot.activations.get(candidate.activationId);
    const profile = snapshot.profiles.get(candidate.profileKey);
    return {
      candidate,
      activationVersion: activation?.version ?? 0,
      revision: profile?.revision ?? 0,
      verdict: judge({ candidate, profile, plan: plans.get(candidate.activationId), exports: snapshot.exports }),
    };
  });
}

function judge(context: {
  candidate: Candidate;
  profile: PageProfile | undefined;
  plan: RecordPlan | undefined;
  exports: ExportFacts;
}): PageEntry['verdict'] {
  const { profile, plan } = context;
  if (!plan) return { skip: 'ACTIVATION_DELETED' };
  if (!profile) return { skip: 'PROFILE_DELETED' };
  const wanted = wantedSegments(context.candidate, context.exports);
  const stillMapped = wanted.filter((id) => plan.mapped.has(id));
  if (wanted.length > 0 && stillMapped.length === 0) return { skip: 'SEGMENT_UNMAPPED' };
  if (!isPresentMember(profile, stillMapped)) return { skip: 'NOT_A_MEMBER' };
  return { record: { data: buildRecordData(profile, plan), partitionKey: profile.profileId } };
}

/** The segments (internal ids as text) of the exports that ask for a record. */
function wantedSegments(candidate: Candidate, exports: ExportFacts): string[] {
  const ids = Object.keys(candidate.exports).flatMap((exportId) => exports.get(exportId)?.segmentIds ?? []);
  return distinct(ids.map(String));
}

function exportIdsOf(candidates: Candidate[]): number[] {
  return distinct(candidates.flatMap((candidate) => Object.keys(candidate.exports))).map(Number);
}

function segmentIdsOf(profiles: Map<number, PageProfile>): number[] {
  const ids = new Set<string>();
  for (const profile of profiles.values()) for (const id of Object.keys(profile.memberships)) ids.add(id);
  return [...ids].map(Number);
}

function distinct<Value>(values: Value[]): Value[] {
  return [...new Set(values)];
}
