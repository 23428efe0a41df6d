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
import { type DeliveryTarget, readSegmentNames } from '../storage/delivery-target.js';
import { readDuePage } from '../storage/due-page.js';
import type { LaneClaim } from '../storage/lanes.js';
import type { LaneProfile } from '../storage/page-profiles.js';
import { type PageSnapshot, readPageSnapshot } from '../storage/page-snapshot.js';
import {
  type Candidate,
  type ExportSlice,
  findExportSlice,
  MAX_PAGE_RECORDS,
  readProfileSizes,
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
  lane: number;
  target: DeliveryTarget;
  /** The part of an export's page that it comes from; null if it comes from pending records. */
  slice: ExportSlice | null;
  exports: ExportFacts;
  entries: PageEntry[];
  /** When it was known what to send, by the monotonic clock in ms: its latency counts from here. */
  foundAtMs: number;
}

/** What a lane takes its next page from. */
export type PageSource = { kind: 'export'; exportId: number } | { kind: 'pending' };

/** Reserves memory for the page's profiles, in place of what it reserved before; resolves when the bytes are free. */
export type ReserveBytes = (bytes: number) => Promise<void>;

/** Most stored bytes of profiles in one page; at least one profile is taken whatever its size. */
export const MAX_PAGE_BYTES = 4 * 1024 * 1024;

/** Most stored bytes of profiles that are read with the records that are due, in place of after them. */
export const SMALL_PAGE_BYTES = 256 * 1024;

/**
 * Reads and builds the next page of an export in a lane.
 * @returns null if it has nothing to send now.
 */
export async function readExportPage(
  db: Db,
  claim: LaneClaim,
  request: { exportId: number; reserve: ReserveBytes },
): Promise<Page | null> {
  const slice = await findExportSlice(db, claim, request.exportId);
  if (!slice || slice.candidates.length === 0) return null;
  const foundAtMs = performance.now();
  const { candidates, bytes } = await withinByteCap(db, claim.lane, slice);
  const byLane = new Map([[claim.lane, candidates]]);
  await request.reserve(bytes);
  const snapshot = await readSnapshot(db, claim.destinationId, byLane);
  const [page] = await buildPages(db, snapshot, { slice, candidates: byLane, foundAtMs });
  return page ?? null;
}

/**
 * Reads and builds the next pages of pending records in lanes of one destination: together they are no more than one
 * page may be.
 * @returns one for each lane that has records to send now, in no order.
 */
export async function readPendingPages(
  db: Db,
  destinationId: number,
  request: { lanes: readonly number[]; reserve: ReserveBytes },
): Promise<Page[]> {
  const limit = pendingLimit(request.lanes.length);
  await request.reserve(SMALL_PAGE_BYTES);
  const read = await readDuePage(db, { destinationId, lanes: request.lanes, limit, maxBytes: SMALL_PAGE_BYTES });
  const foundAtMs = performance.now();
  const taken = read.due.slice(0, countWithinCap(read.due.map((record) => record.sizeBytes)));
  if (taken.length === 0) return [];
  const candidates = new Map<number, Candidate[]>();
  for (const { lane, candidate } of taken) {
    const ofLane = candidates.get(lane);
    if (ofLane) ofLane.push(candidate);
    else candidates.set(lane, [candidate]);
  }
  let { snapshot } = read;
  if (!snapshot) {
    await request.reserve(taken.reduce((sum, record) => sum + record.sizeBytes, 0));
    snapshot = await readSnapshot(db, destinationId, candidates);
  }
  return await buildPages(db, snapshot, { slice: null, candidates, foundAtMs });
}

/** Most bytes of data and partition key that records of a destination may have. */
export function recordLimitOf(target: DeliveryTarget): number {
  return target.maxRecordBytes ?? DEFAULT_MAX_RECORD_BYTES;
}

/** Most pending records that each of so many lanes takes at one time. */
export function pendingLimit(lanes: number): number {
  return Math.max(1, Math.floor(MAX_PAGE_RECORDS / lanes));
}

/** Candidates by lane, where they come from, and when they were found. */
interface PageRequest extends Pick<Page, 'slice' | 'foundAtMs'> {
  candidates: ReadonlyMap<number, Candidate[]>;
}

async function buildPages(db: Db, stored: PageSnapshot | null, request: PageRequest): Promise<Page[]> {
  if (!stored) return [];
  const snapshot = { ...stored, names: await readNames(db, stored) };
  const { target, exports } = snapshot;
  const desks = openDesks(snapshot);
  const { slice, foundAtMs } = request;
  return [...request.candidates].map(([lane, candidates]) => ({
    lane,
    target,
    slice,
    exports,
    entries: decide(candidates, snapshot, desks),
    foundAtMs,
  }));
}

interface Snapshot extends PageSnapshot {
  /** Segments that are not mapped but may stand in a record: all of the profiles' in scope ALL, and those that leave. */
  names: NamedSegment[];
}

async function readSnapshot(
  db: Db,
  destinationId: number,
  byLane: ReadonlyMap<number, Candidate[]>,
): Promise<PageSnapshot | null> {
  const candidates = [...byLane.values()].flat();
  return await readPageSnapshot(db, {
    destinationId,
    activationIds: distinct(candidates.map((candidate) => candidate.activationId)),
    exportIds: exportIdsOf(candidates),
    profiles: placesOf(byLane),
  });
}

/** The id and namespace of a segment never change, and one that was deleted since is left out, as it would be a moment later. */
async function readNames(db: Db, { target, exports, profiles }: PageSnapshot): Promise<NamedSegment[]> {
  const shown = target.membershipScope === 'ALL' ? segmentIdsOf(profiles) : [];
  const leaving = [...exports.values()].flatMap((fact) => (fact.trigger === 'EXITS' ? fact.segmentIds : []));
  return await readSegmentNames(db, distinct([...shown, ...leaving]));
}

/** Each profile once: two activations of a destination may both want it. */
function placesOf(byLane: ReadonlyMap<number, Candidate[]>): LaneProfile[] {
  return [...byLane].flatMap(([lane, candidates]) =>
    distinct(candidates.map((candidate) => candidate.profileKey)).map((id) => ({ lane, id })),
  );
}

/** Takes candidates from the front as long as their profiles' stored bytes stay within the cap; most pages are far below. */
async function withinByteCap(
  db: Db,
  lane: number,
  { candidates, pageBytes }: ExportSlice,
): Promise<{ candidates: Candidate[]; bytes: number }> {
  if (pageBytes <= MAX_PAGE_BYTES) return { candidates, bytes: pageBytes };
  const ids = distinct(candidates.map((candidate) => candidate.profileKey));
  const byId = await readProfileSizes(db, lane, ids);
  const sizes = candidates.map((candidate) => byId.get(candidate.profileKey) ?? 0);
  const count = countWithinCap(sizes);
  const bytes = sizes.slice(0, count).reduce((sum, size) => sum + size, 0);
  return { candidates: candidates.slice(0, count), bytes };
}

/** How many from the front stay within {@link MAX_PAGE_BYTES}; at least one, if there is any. */
function countWithinCap(sizes: readonly number[]): number {
  let bytes = 0;
  const over = sizes.findIndex((size, index) => {
    bytes += size;
    return index > 0 && bytes > MAX_PAGE_BYTES;
  });
  return over === -1 ? sizes.length : over;
}

function openDesks(snapshot: Snapshot): ReadonlyMap<number, Desk> {
  const context = { ...snapshot, maxRecordBytes: recordLimitOf(snapshot.target), random: randomUUID };
  return new Map(
    [...snapshot.activations.values()].map((activation) => [activation.id, openDesk(activation, context)]),
  );
}

function decide(candidates: readonly Candidate[], snapshot: Snapshot, desks: ReadonlyMap<number, Desk>): PageEntry[] {
  const rulings = candidates.map((candidate) => rule(candidate, snapshot, desks));
  const encoded = encodeTexts(rulings.map(({ outcome }) => ('text' in outcome ? outcome.text : '')));
  return candidates.map((candidate, index) =>
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
