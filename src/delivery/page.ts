/**
 * A page: what a lane sends in one go. One snapshot reads destination, activations and profiles in their present
 * state; then each candidate becomes a record or a skip with its reason. Nothing is read ahead.
 */

import { randomUUID } from 'node:crypto';
import type { DeliveryOrigin } from '../domain/delivery.js';
import type { DeliveryCause } from '../domain/delivery-cause.js';
import type { DeliveryCode } from '../domain/delivery-code.js';
import { originOf } from '../domain/delivery-origin.js';
import { type Desk, openDesk, type Ruling } from '../domain/desk.js';
import { type ExportFacts, findLiveCauses } from '../domain/judge.js';
import { encodeTexts, type NamedSegment } from '../domain/record.js';
import { DEFAULT_MAX_RECORD_BYTES, type KinesisRecord } from '../kinesis/record.js';
import type { Db } from '../storage/database.js';
import {
  type DeliveryTarget,
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

/** One candidate, decided: a record to send, or the reason why not. */
export interface PageEntry {
  candidate: Candidate;
  /** Changes that ask for it, as far as they were not discarded. */
  causes: readonly DeliveryCause[];
  origin: DeliveryOrigin;
  activationVersion: number;
  /** 0 if the profile was erased. */
  revision: number;
  verdict: { record: KinesisRecord } | { skip: DeliveryCode };
}

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
  /** Segments that are not mapped but may stand in a record: all of the profiles' in scope ALL, and those that leave. */
  names: NamedSegment[];
}

async function readSnapshot(tx: Db, claim: LaneClaim, candidates: Candidate[]): Promise<Snapshot | null> {
  const context = await findPageContext(tx, claim.destinationId, {
    activationIds: distinct(candidates.map((candidate) => candidate.activationId)),
    exportIds: exportIdsOf(candidates),
  });
  if (!context) return null;
  const ids = distinct(candidates.map((candidate) => candidate.profileKey));
  const profiles = await readPageProfiles(tx, claim.lane, ids);
  const shown = context.target.membershipScope === 'ALL' ? segmentIdsOf(profiles) : [];
  const leaving = [...context.exports.values()].flatMap((fact) => (fact.trigger === 'EXITS' ? fact.segmentIds : []));
  const names = await readSegmentNames(tx, distinct([...shown, ...leaving]));
  return { ...context, candidates, profiles, names };
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
  const desks = new Map<number, Desk>();
  const context = { ...snapshot, ...WRITER_OPTIONS };
  for (const activation of snapshot.activations.values()) desks.set(activation.id, openDesk(activation, context));
  const rulings = snapshot.candidates.map((candidate) => rule(candidate, snapshot, desks));
  const encoded = encodeTexts(rulings.map(({ outcome }) => ('text' in outcome ? outcome.text : '')));
  return snapshot.candidates.map((candidate, index) =>
    toEntry(candidate, snapshot, { ruling: rulings[index] ?? NO_RULING, data: encoded[index] }),
  );
}

function rule(candidate: Candidate, snapshot: Snapshot, desks: ReadonlyMap<number, Desk>): Ruling {
  const { exports } = candidate;
  const causes = findLiveCauses(candidate, snapshot.activations.get(candidate.activationId)?.discardedUntil ?? 0);
  const desk = desks.get(candidate.activationId);
  if (desk) return desk({ exports, causes }, snapshot.profiles.get(candidate.profileKey));
  return { causes, origin: originOf(causes, exports, snapshot.exports), outcome: NO_ACTIVATION };
}

/** Each field by name: spreading an object costs microseconds a record. */
function toEntry(
  candidate: Candidate,
  snapshot: Snapshot,
  { ruling, data }: { ruling: Ruling; data: Buffer | undefined },
): PageEntry {
  return {
    candidate,
    causes: ruling.causes,
    origin: ruling.origin,
    activationVersion: snapshot.activations.get(candidate.activationId)?.version ?? 0,
    revision: snapshot.profiles.get(candidate.profileKey)?.revision ?? 0,
    verdict: toVerdict(ruling.outcome, data),
  };
}

const NO_ACTIVATION = { skip: 'ACTIVATION_DELETED' } as const;
const NO_RULING: Ruling = { causes: [], origin: 'LIVE', outcome: NO_ACTIVATION };
const NO_DATA = Buffer.alloc(0);
const WRITER_OPTIONS = { maxRecordBytes: DEFAULT_MAX_RECORD_BYTES, random: randomUUID };

function toVerdict(outcome: Ruling['outcome'], data: Buffer = NO_DATA): PageEntry['verdict'] {
  return 'skip' in outcome ? outcome : { record: { data, partitionKey: outcome.partitionKey } };
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
