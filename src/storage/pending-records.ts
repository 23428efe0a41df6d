/** Pending records as writers make them: a change asks for one, and all changes of a profile share it. */

import { sql } from 'kysely';
import type { Db } from './database.js';
import { type StagingTable, stageRows } from './staging.js';

/** A record that a change asks for. */
export interface TriggeredRecord {
  lane: number;
  activationId: number;
  destinationId: number;
  /** profile.id */
  profileKey: number;
  /** Keys of causes, at least one. */
  causes: readonly string[];
}

/**
 * Lets records wait for delivery, each once: causes of a profile that waits already are added to it. Rows are locked in
 * the order of their key, as commits do.
 */
export async function putTriggeredRecords(tx: Db, records: readonly TriggeredRecord[]): Promise<void> {
  if (records.length === 0) return;
  const given = await stageRows(tx, STAGED_TRIGGER, records);
  await sql`/* pending_records.put (prepared) */
    with given as (${given}),
    numbered as materialized (
      select given.*, nextval('pending_version') as version from given
    )
    insert into pending_record as waiting (
      lane, activation_id, profile_id, destination_id, version, causes, not_before
    )
    select lane, activation_id, profile_id, destination_id, version,
      (select jsonb_object_agg(cause, numbered.version) from json_array_elements_text(numbered.causes) as cause),
      clock_timestamp()
    from numbered
    order by lane, activation_id, profile_id
    on conflict (lane, activation_id, profile_id) do update
    set version = excluded.version, causes = waiting.causes || excluded.causes, changed_at = clock_timestamp()`.execute(
    tx,
  );
}

const STAGED_TRIGGER: StagingTable<TriggeredRecord> = {
  name: 'staged_trigger',
  columns: {
    lane: { type: 'smallint', value: (record) => record.lane },
    activation_id: { type: 'bigint', value: (record) => record.activationId },
    profile_id: { type: 'bigint', value: (record) => record.profileKey },
    destination_id: { type: 'bigint', value: (record) => record.destinationId },
    causes: { type: 'json', value: (record) => JSON.stringify(record.causes) },
  },
};
