/** Puts on the books by hand what the delivery engine would: destinations, activations, exports, outcomes, failed records. */

import { sql } from 'kysely';
import type { NewDeliveryEvent, SettledRecord } from '../../src/domain/delivery.js';
import type { ExportState, ExportTrigger } from '../../src/domain/export.js';
import { laneOf } from '../../src/domain/lane.js';
import type { Db } from '../../src/storage/database.js';
import { insertDeliveryEvents } from '../../src/storage/delivery-events.js';

/** A workspace's books: a destination, three segments (`s0` to `s2`) and an activation of all of them. */
export interface Books {
  db: Db;
  workspaceId: number;
  destinationId: number;
  segmentIds: number[];
  activationId: number;
}

/** Opens the books of a workspace. */
export async function openBooks(db: Db, workspaceId: number): Promise<Books> {
  const destinationId = await addDestination(db, workspaceId);
  const segments = await sql<{ id: number }>`
    insert into segment (workspace_id, segment_id, name)
    select ${workspaceId}, 's' || number, 'Segment ' || number from generate_series(0, 2) as number
    returning id`.execute(db);
  const segmentIds = segments.rows.map((row) => row.id);
  const activationId = await addActivation({ db, workspaceId, destinationId, segmentIds });
  return { db, workspaceId, destinationId, segmentIds, activationId };
}

/** Adds a destination with a credential and 16 lanes. */
export async function addDestination(db: Db, workspaceId: number): Promise<number> {
  const { rows } = await sql<{ id: number }>`
    with credential as (
      insert into credential (workspace_id, name, kind, access_key_id, secret_sealed)
      values (${workspaceId}, 'key', 'ACCESS_KEY', 'AKIATESTTESTTESTTEST', 'sealed') returning id
    ),
    destination as (
      insert into destination (workspace_id, kind, name, credential_id, region, stream)
      select ${workspaceId}, 'AMAZON_KINESIS', 'Orders', id, 'us-east-1', 'orders' from credential returning id
    ),
    lanes as (
      insert into lane (destination_id, lane, workspace_id)
      select destination.id, number, ${workspaceId} from destination cross join generate_series(0, 15) as number
    )
    select id from destination`.execute(db);
  return rows[0]?.id ?? 0;
}

/** Adds an activation of these segments. */
export async function addActivation(books: Omit<Books, 'activationId'>): Promise<number> {
  const { rows } = await sql<{ id: number }>`
    with activation as (
      insert into activation (workspace_id, destination_id, attributes)
      values (${books.workspaceId}, ${books.destinationId}, '{name}') returning id
    ),
    mapped as (
      insert into activation_segment (activation_id, segment_id, ordinal)
      select activation.id, segment.id, segment.place - 1
      from activation cross join unnest(${books.segmentIds}::bigint[]) with ordinality as segment(id, place)
    )
    select id from activation`.execute(books.db);
  return rows[0]?.id ?? 0;
}

/** Adds a profile; its memberships are not needed on the books. @returns its internal id. */
export async function addProfile(books: Books, profileId: string, attributes: object = {}): Promise<number> {
  const row = await books.db
    .insertInto('profile')
    .values({
      lane: laneOf(books.workspaceId, profileId),
      workspace_id: books.workspaceId,
      profile_id: profileId,
      attributes: JSON.stringify(attributes),
      revision: 1_000,
      size_bytes: 100,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return row.id;
}

/** What an export is to look like. */
export interface ExportOnBooks {
  state?: ExportState;
  trigger?: ExportTrigger;
  /** By lane: received, how many wait, and the flat counters. */
  lanes?: Record<number, { received: number; deferred?: number; counts: Record<string, number> }>;
  startedAt?: Date;
  finishedAt?: Date;
}

/** Adds an export of the books' activation with its 16 lanes. */
export async function addExport(books: Books, run: ExportOnBooks = {}): Promise<number> {
  const added = await books.db
    .insertInto('export')
    .values({
      workspace_id: books.workspaceId,
      destination_id: books.destinationId,
      activation_id: books.activationId,
      trigger: run.trigger ?? 'MANUAL',
      state: run.state ?? 'RUNNING',
      segment_ids: books.segmentIds,
      segment_keys: books.segmentIds.map((_id, number) => `s${number}`),
      preparing_lanes: 0,
      created_by_kind: 'SYSTEM',
      created_by_name: 'test',
      started_at: run.startedAt ?? null,
      finished_at: run.finishedAt ?? null,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  const lanes = Array.from({ length: 16 }, (_value, lane) => ({
    export_id: added.id,
    lane,
    destination_id: books.destinationId,
    received: run.lanes?.[lane]?.received ?? 0,
    deferred: run.lanes?.[lane]?.deferred ?? 0,
    counts: JSON.stringify(run.lanes?.[lane]?.counts ?? {}),
  }));
  await books.db.insertInto('export_lane').values(lanes).execute();
  return added.id;
}

/** Adds one delivery event of the books' activation; its lane is 0 unless given. */
export async function addEvent(
  books: Books,
  records: SettledRecord[],
  event: Partial<NewDeliveryEvent> = {},
): Promise<{ id: number; committedAt: Date }> {
  const row: NewDeliveryEvent = {
    workspaceId: books.workspaceId,
    destinationId: books.destinationId,
    lane: 0,
    position: 1,
    activationId: books.activationId,
    activationVersion: 1,
    destinationVersion: 1,
    origin: 'MANUAL',
    exportIds: [],
    attempts: records.length,
    deferrals: {},
    records,
    ...event,
  };
  await insertDeliveryEvents(books.db, [row]);
  const { id, committed_at: committedAt } = await books.db
    .selectFrom('delivery_event')
    .select(['id', 'committed_at'])
    .orderBy('id', 'desc')
    .executeTakeFirstOrThrow();
  return { id, committedAt };
}

/** A delivered record. */
export function delivered(profileKey: number, revision = 1_000): SettledRecord {
  return {
    outcome: 'DELIVERED',
    causes: [],
    profileKey,
    revision,
    shardId: 'shardId-000000000000',
    sequenceNumber: `4950${revision}`,
    attempts: 1,
    sizeBytes: 780,
    latencyMs: 12.5,
    possibleDuplicate: false,
  };
}

/**
 * Adds a failed record of the books' activation. `exports` has, by export id, segment numbers such as '0,2', with the code
 * after a semicolon if it is not the record's own.
 */
export async function addFailedRecord(
  books: Books,
  record: { profileId: string; profileKey: number; exports?: Record<number, string>; code?: string; state?: string },
): Promise<number> {
  const code = record.code ?? 'RECORD_TOO_LARGE';
  const exports = Object.entries(record.exports ?? {}).map(([id, reason]) => [
    id,
    reason.includes(';') ? reason : `${reason};${code}`,
  ]);
  const added = await books.db
    .insertInto('failed_record')
    .values({
      workspace_id: books.workspaceId,
      destination_id: books.destinationId,
      activation_id: books.activationId,
      lane: laneOf(books.workspaceId, record.profileId),
      profile_id: record.profileKey,
      state: record.state ?? 'OPEN',
      code,
      message: 'The record has 1,100,000 bytes; the stream takes 1,048,576.',
      attempts: 1,
      size_bytes: 1_100_000,
      limit_bytes: 1_048_576,
      exports: JSON.stringify(Object.fromEntries(exports)),
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return added.id;
}
