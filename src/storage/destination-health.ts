/** Changes of a destination's health that delivery itself sees. */

import { sql } from 'kysely';
import type { CurrentHealth, HealthState } from '../domain/health.js';
import type { Db } from './database.js';
import { recordHealth } from './state-events.js';

/** Whose health, and the versions of destination and secret that its evidence is of: others make it void. */
export interface HealthSubject {
  destinationId: number;
  destinationVersion: number;
  secretVersion: number;
}

/**
 * SQL: whether a row of `destination` may be sent to. One with a rate takes turns; one that is halted, or degraded because nothing answers, takes
 * one probe an interval: else its calls, each as long as their deadline, hold all lanes that the workers can run.
 */
export const maySend = sql<boolean>`(enabled and paced_until <= clock_timestamp() and (
  health_status not in ('HALTED', 'DEGRADED') or coalesce(next_probe_at, '-infinity') <= clock_timestamp()
))`;

/**
 * Lets evidence change a destination's health, unless its settings or secret have changed since, and tells of a change
 * by an event in the same transaction.
 * @param evidence says what the present health becomes, null if it stays; `probeAfterMs` is the time until a halted or
 * degraded destination is probed.
 * @returns whether status or code changed.
 */
export async function writeHealth(
  tx: Db,
  subject: HealthSubject,
  evidence: { probeAfterMs: number; decide(current: CurrentHealth): HealthState | null },
): Promise<boolean> {
  const current = await lockHealth(tx, subject);
  const next = current && evidence.decide(current);
  if (!next) return false;
  const isChange = next.status !== current.status || next.code !== current.code;
  const isGated = next.status === 'HALTED' || next.status === 'DEGRADED';
  await sql`/* destination_health.write */
    update destination
    set health_status = ${next.status},
      health_code = ${next.code},
      health_message = ${next.message},
      health_aws_request_id = ${next.awsRequestId},
      health_since = case when ${isChange} then clock_timestamp() else health_since end,
      next_probe_at = case when ${isGated} then clock_timestamp() + ${evidence.probeAfterMs} * interval '1 millisecond' end
    where id = ${subject.destinationId}`.execute(tx);
  if (isChange) await recordHealth(tx, subject.destinationId);
  return isChange;
}

async function lockHealth(
  tx: Db,
  subject: HealthSubject,
): Promise<(CurrentHealth & { code: string | null }) | undefined> {
  const { rows } = await sql<CurrentHealth & { code: string | null }>`/* destination_health.lock */
    select destination.health_status as status, destination.health_code as code, destination.health_since as since
    from destination
    join credential on credential.id = destination.credential_id
    where destination.id = ${subject.destinationId} and destination.version = ${subject.destinationVersion}
      and credential.secret_version = ${subject.secretVersion}
    for update of destination`.execute(tx);
  return rows[0];
}

/**
 * Takes the one probe of a halted or degraded destination: the lane that gets it may send, the others wait for its outcome.
 * @returns whether this caller may probe.
 */
export async function takeProbe(db: Db, destinationId: number, probeAfterMs: number): Promise<boolean> {
  const { numAffectedRows } = await sql`/* destination_health.take_probe */
    update destination
    set next_probe_at = clock_timestamp() + ${probeAfterMs} * interval '1 millisecond'
    where id = ${destinationId} and health_status in ('HALTED', 'DEGRADED')
      and coalesce(next_probe_at, '-infinity') <= clock_timestamp()`.execute(db);
  return numAffectedRows === 1n;
}

/**
 * Forgets what tests and calls with other settings showed of a destination, and tells of it by an event if its health was
 * something to forget.
 */
export async function resetHealth(tx: Db, id: number): Promise<void> {
  await tx
    .updateTable('destination')
    .set({ last_test: null, stream_details: null, max_record_bytes: null })
    .where('id', '=', id)
    .execute();
  const row = await tx
    .updateTable('destination')
    .set({
      health_status: 'UNTESTED',
      health_code: null,
      health_message: null,
      health_aws_request_id: null,
      health_since: sql<Date>`now()`,
      next_probe_at: null,
    })
    .where('id', '=', id)
    .where('health_status', '<>', 'UNTESTED')
    .returning('id')
    .executeTakeFirst();
  if (row) await recordHealth(tx, id);
}
