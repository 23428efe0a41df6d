/** What a page is made of: the next part of an export's page, or due pending records; and their profiles. */

import { sql } from 'kysely';
import { z } from 'zod';
import type { RecordSource } from '../domain/record.js';
import type { Db } from './database.js';
import type { LaneClaim } from './lanes.js';

/** Most records of a page: one PutRecords call takes no more. */
export const MAX_PAGE_RECORDS = 500;

/** One record to be: a profile for an activation, with the reasons that a commit will settle. */
export interface Candidate {
  activationId: number;
  /** profile.id */
  profileKey: number;
  /** The exports that ask for it, with the numbers of its segments there, such as '0,3'. */
  exports: Record<string, string>;
  /** Of its pending row; null if it comes from an export's page. */
  pending: { version: number; attempts: number; outcomeUnknown: boolean; hasCauses: boolean } | null;
}

/** The next records of an export in a lane, and where they stand. */
export interface ExportSlice {
  exportId: number;
  activationId: number;
  trigger: string;
  segmentIds: number[];
  page: number;
  pages: number;
  /** Place of the first candidate in its page, from 0. */
  offset: number;
  /** Size of the whole page. */
  pageSize: number;
  candidates: Candidate[];
}

/** A profile as a page reads it. */
export interface PageProfile extends RecordSource {
  id: number;
  revision: number;
}

const SliceRow = z.object({
  activation_id: z.number(),
  trigger: z.string(),
  segment_ids: z.array(z.number()),
  page: z.number(),
  pages: z.number(),
  page_offset: z.number(),
  size: z.number(),
  profile_ids: z.array(z.number()),
  segment_sets: z.array(z.string()),
});

/** Reads the rest of an export's current page in a lane; null if there is none to send. */
export async function findExportSlice(db: Db, claim: LaneClaim, exportId: number): Promise<ExportSlice | null> {
  const { rows } = await sql`/* page_source.export_slice */
    select export.activation_id, export.trigger, export.segment_ids, part.page, part.pages, part.page_offset,
      listed.size, listed.profile_ids, listed.segment_sets
    from export_lane part
    join export on export.id = part.export_id
    join export_page listed on listed.export_id = part.export_id and listed.lane = part.lane and listed.page = part.page
    where part.export_id = ${exportId} and part.lane = ${claim.lane} and export.state = 'RUNNING'`.execute(db);
  if (rows[0] === undefined) return null;
  const row = SliceRow.parse(rows[0]);
  const candidates = row.profile_ids.slice(row.page_offset).map((profileKey, index) => ({
    activationId: row.activation_id,
    profileKey,
    exports: { [String(exportId)]: row.segment_sets[row.page_offset + index] ?? '' },
    pending: null,
  }));
  return {
    exportId,
    activationId: row.activation_id,
    trigger: row.trigger,
    segmentIds: row.segment_ids,
    page: row.page,
    pages: row.pages,
    offset: row.page_offset,
    pageSize: row.size,
    candidates,
  };
}

const PendingRow = z
  .object({
    activation_id: z.number(),
    profile_id: z.number(),
    exports: z.record(z.string(), z.string()),
    version: z.number(),
    attempts: z.number(),
    outcome_unknown: z.boolean(),
    has_causes: z.boolean(),
  })
  .transform(
    (row): Candidate => ({
      activationId: row.activation_id,
      profileKey: row.profile_id,
      exports: row.exports,
      pending: {
        version: row.version,
        attempts: row.attempts,
        outcomeUnknown: row.outcome_unknown,
        hasCauses: row.has_causes,
      },
    }),
  );

/** Reads the due pending records of a lane, the longest due first; only those that may be sent or must be settled. */
export async function listDueRecords(db: Db, claim: LaneClaim): Promise<Candidate[]> {
  const { rows } = await sql`/* page_source.due_records */
    select waiting.activation_id, waiting.profile_id, waiting.exports, waiting.version, waiting.attempts,
      waiting.outcome_unknown, waiting.causes <> '[]' as has_causes
    from pending_record waiting
    left join activation on activation.id = waiting.activation_id
    where waiting.destination_id = ${claim.destinationId} and waiting.lane = ${claim.lane}
      and waiting.not_before <= clock_timestamp()
      and (activation.state = 'ACTIVE' or activation.id is null)
    order by waiting.not_before
    limit ${MAX_PAGE_RECORDS}`.execute(db);
  return rows.map((row) => PendingRow.parse(row));
}

/** The triggers and segments of exports, by id. */
export async function readExportFacts(
  db: Db,
  exportIds: readonly number[],
): Promise<Map<string, { trigger: string; segmentIds: number[] }>> {
  if (exportIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('export')
    .select(['id', 'trigger', 'segment_ids'])
    .where('id', '=', sql<number>`any(${[...exportIds]}::bigint[])`)
    .execute();
  return new Map(rows.map((row) => [String(row.id), { trigger: row.trigger, segmentIds: row.segment_ids }]));
}

/** Stored sizes of profiles in bytes, by profile.id; erased ones are missing. */
export async function readProfileSizes(db: Db, lane: number, ids: readonly number[]): Promise<Map<number, number>> {
  const { rows } = await sql<{ id: number; size_bytes: number }>`/* page_source.sizes */
    select id, size_bytes from profile where lane = ${lane} and id = any(${[...ids]}::bigint[])`.execute(db);
  return new Map(rows.map((row) => [row.id, row.size_bytes]));
}

/** Reads profiles by profile.id; erased ones are missing. Checked by hand, not by a model: this is the hottest read. */
export async function readPageProfiles(
  db: Db,
  lane: number,
  ids: readonly number[],
): Promise<Map<number, PageProfile>> {
  const { rows } = await sql<PageProfileRow>`/* page_source.profiles */
    select id, profile_id, revision, attributes, identities, memberships
    from profile where lane = ${lane} and id = any(${[...ids]}::bigint[])`.execute(db);
  return new Map(
    rows.map((row) => [
      row.id,
      {
        id: row.id,
        profileId: row.profile_id,
        revision: row.revision,
        attributes: row.attributes,
        identities: row.identities,
        memberships: row.memberships,
      },
    ]),
  );
}

/** The shapes that storage/profile-writes.ts alone writes. */
interface PageProfileRow {
  id: number;
  profile_id: string;
  revision: number;
  attributes: RecordSource['attributes'];
  identities: RecordSource['identities'];
  memberships: RecordSource['memberships'];
}
