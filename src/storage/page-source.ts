/** What a page is made of: candidates, such as the next part of an export's page; and the sizes of their profiles. */

import { sql } from 'kysely';
import { z } from 'zod';
import { numberArray } from './array-literal.js';
import type { Db } from './database.js';
import { findPace, lanesToSend } from './export-pace.js';
import type { LaneClaim } from './lanes.js';

/** Most records of a page: one PutRecords call takes no more. */
export const MAX_PAGE_RECORDS = 500;

/** One record to be: a profile for an activation, with the reasons that a commit will settle. */
export interface Candidate {
  activationId: number;
  /** profile.id */
  profileKey: number;
  /** The exports that ask for it, with the numbers of its segments there, such as '0,3'; one object for equal ones. */
  exports: Record<string, string>;
  /** Of its pending row; null if it comes from an export's page. */
  pending: PendingReasons | null;
}

/** What a pending row says besides its exports. */
export interface PendingReasons {
  /** Of the row as it was read. */
  version: number;
  /** Key of each cause, and the version of the row when it came. */
  causes: Record<string, number>;
  attempts: number;
  outcomeUnknown: boolean;
  /** How long its oldest cause had waited when it was read, in ms. */
  waitedMs: number;
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
  /** Until when the page was held, as the database writes it. */
  notBefore: string;
  /** How long each record sent keeps the lane from the next page, in ms; 0 without a rate. */
  msPerRecord: number;
  candidates: Candidate[];
  /** Stored bytes of the profiles of the whole page. */
  pageBytes: number;
}

const SliceRow = z.object({
  activation_id: z.number(),
  trigger: z.string(),
  segment_ids: z.array(z.number()),
  page: z.number(),
  pages: z.number(),
  page_offset: z.number(),
  size: z.number(),
  not_before: z.string(),
  max_records_per_second: z.number().nullable(),
  lanes_to_send: z.number().nullable(),
  profile_ids: z.array(z.number()),
  segment_sets: z.array(z.string()),
  page_bytes: z.number(),
});

/** Reads the rest of an export's current page in a lane, as far as its rate allows; null if there is none to send. */
export async function findExportSlice(db: Db, claim: LaneClaim, exportId: number): Promise<ExportSlice | null> {
  const { rows } = await sql`/* page_source.export_slice (prepared) */
    select export.activation_id, export.trigger, export.segment_ids, part.page, part.pages, part.page_offset,
      part.not_before::text as not_before, export.max_records_per_second, ${lanesToSend} as lanes_to_send, listed.size, to_json(listed.profile_ids) as profile_ids, to_json(listed.segment_sets) as segment_sets,
      (
        select coalesce(sum(size_bytes), 0)::int8 from profile
        where profile.lane = part.lane and profile.id = any(listed.profile_ids)
      ) as page_bytes
    from export_lane part
    join export on export.id = part.export_id
    join export_page listed on listed.export_id = part.export_id and listed.lane = part.lane and listed.page = part.page
    where part.export_id = ${exportId} and part.lane = ${claim.lane} and export.state = 'RUNNING'
      and part.not_before <= clock_timestamp()`.execute(db);
  if (rows[0] === undefined) return null;
  const row = SliceRow.parse(rows[0]);
  const sets = new Map(row.segment_sets.map((segments) => [segments, { [String(exportId)]: segments }]));
  const pace = findPace(row.max_records_per_second, row.lanes_to_send);
  const candidates = row.profile_ids
    .slice(row.page_offset, row.page_offset + pace.maxRecords)
    .map((profileKey, index) => ({
      activationId: row.activation_id,
      profileKey,
      exports: sets.get(row.segment_sets[row.page_offset + index] ?? '') ?? {},
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
    notBefore: row.not_before,
    msPerRecord: pace.msPerRecord,
    candidates,
    pageBytes: row.page_bytes,
  };
}

/** Stored bytes of profiles, by profile.id; erased ones are missing. */
export async function readProfileSizes(db: Db, lane: number, ids: readonly number[]): Promise<Map<number, number>> {
  const { rows } = await sql<{ id: number; size_bytes: number }>`/* page_source.sizes */
    select id, size_bytes from profile where lane = ${lane} and id = any(${numberArray(ids)}::bigint[])`.execute(db);
  return new Map(rows.map((row) => [row.id, row.size_bytes]));
}
