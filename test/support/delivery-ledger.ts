/** Compares what the sandbox's stream holds with what the books say was delivered, and the books with what the API says. */

import { sql } from 'kysely';
import { expect } from 'vitest';
import type { Sandbox, SandboxRecord } from '../../src/sandbox/sandbox.js';
import type { Db } from '../../src/storage/database.js';
import { readApiBooks } from './api-books.js';
import { readBooks } from './delivery.js';

/** Where ledger and books differ. */
export interface LedgerComparison {
  /** Partition keys in the stream, once each. */
  profileIds: Set<string>;
  /** Records of the stream that are on the books as delivered. */
  told: number;
  /** Partition keys of records in the stream that no commit tells of: copies, or records whose commit is still to come. */
  untold: string[];
  /** Deliveries on the books that the stream does not hold, or holds for another profile. Must be 0. */
  invented: number;
}

/**
 * Reads all three; call it when nothing is under way.
 * @throws if the API tells another number of an export, or another place of a delivery, than the database.
 */
export async function compareWithLedger(
  db: Db,
  sandbox: Pick<Sandbox, 'listRecords'>,
  place: { stream: string; destinationId: number },
): Promise<LedgerComparison> {
  const stored = new Map<string, string>();
  for (const record of sandbox.listRecords(place.stream))
    stored.set(`${record.shardId}/${record.sequenceNumber}`, record.partitionKey);
  const { rows } = await sql<{ place: string; profile_id: string | null }>`/* test.read_deliveries */
    select event.shards[settled.shard_number] || '/' || settled.sequence_number as place, profile.profile_id
    from delivery_event event
    cross join lateral unnest(
      event.profile_ids, string_to_array(event.outcomes, null), event.shard_numbers, event.sequence_numbers
    ) as settled(profile_key, outcome, shard_number, sequence_number)
    left join profile on profile.lane = event.lane and profile.id = settled.profile_key
    where event.destination_id = ${place.destinationId} and settled.outcome = 'D'`.execute(db);
  const books = new Map(rows.map((row) => [row.place, row.profile_id]));
  await compareWithApi(db, place.destinationId, books);
  const invented = rows.filter((row) => {
    const key = stored.get(row.place);
    return key === undefined || (row.profile_id !== null && row.profile_id !== key);
  });
  return {
    profileIds: new Set(stored.values()),
    told: [...stored.keys()].filter((key) => books.has(key)).length,
    untold: [...stored].filter(([key]) => !books.has(key)).map(([, profileId]) => profileId),
    invented: invented.length + (rows.length - books.size),
  };
}

/** Gives all profiles of a workspace a newer state, which {@link countStates} tells from the one before. */
export async function renewProfiles(db: Db, workspaceId: number): Promise<void> {
  await sql`update profile set attributes = attributes::jsonb || jsonb_build_object('name', ${NEWER}::text), revision = revision + 1
    where workspace_id = ${workspaceId}`.execute(db);
}

const NEWER = 'newer';

/**
 * Counts in a stream, after {@link renewProfiles}: profiles whose newer state is there, and records with an older state behind
 * one with the newer.
 * @param profileOf by default the partition key.
 */
export function countStates(
  sandbox: Pick<Sandbox, 'listRecords'>,
  stream: string,
  profileOf: (record: SandboxRecord) => string = ({ partitionKey }) => partitionKey,
): { newest: number; inversions: number } {
  const renewed = new Set<string>();
  let inversions = 0;
  for (const record of sandbox.listRecords(stream)) {
    if (record.data.includes(NEWER)) renewed.add(profileOf(record));
    else if (renewed.has(profileOf(record))) inversions += 1;
  }
  return { newest: renewed.size, inversions };
}

async function compareWithApi(db: Db, destinationId: number, books: Map<string, string | null>): Promise<void> {
  const api = await readApiBooks(db, destinationId);
  const differing = [...books].filter(([place, profileId]) => api.deliveries.get(place) !== profileId);
  expect({ told: api.deliveries.size, differing }).toEqual({ told: books.size, differing: [] });
  for (const { id, pending, ...told } of api.exports) {
    const { pendingRows, ...written } = await readBooks(db, id);
    expect({ id, ...told, pending }).toEqual({ id, ...written, pending: pendingRows });
  }
}
