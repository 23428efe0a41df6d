/** Changes of a destination's health that delivery itself sees. */

import { sql } from 'kysely';
import type { Db } from './database.js';

/** What a call showed, and the versions of destination and secret that it used: others make it void. */
export interface HealthFinding {
  destinationId: number;
  destinationVersion: number;
  secretVersion: number;
  status: 'HEALTHY' | 'DEGRADED' | 'HALTED';
  code: string | null;
  message: string | null;
  awsRequestId: string | null;
  /** HALTED and DEGRADED: time until the next probe. */
  probeAfterMs: number;
}

/**
 * SQL: whether a row of `destination` may be sent to. One that is halted, or degraded because nothing answers, takes
 * one probe an interval: else its calls, each as long as their deadline, hold all lanes that the workers can run.
 */
export const maySend = sql<boolean>`(enabled and (
  health_status not in ('HALTED', 'DEGRADED') or coalesce(next_probe_at, '-infinity') <= clock_timestamp()
))`;

/**
 * Writes a finding, unless destination or secret have changed since the call, or it says nothing new.
 * @returns whether status or code changed.
 */
export async function writeHealth(tx: Db, finding: HealthFinding): Promise<boolean> {
  const isGated = finding.status !== 'HEALTHY';
  const { rows } = await sql<{ changed: boolean }>`/* destination_health.write */
    with before as (
      select destination.id, destination.health_status, destination.health_code
      from destination
      join credential on credential.id = destination.credential_id
      where destination.id = ${finding.destinationId} and destination.version = ${finding.destinationVersion}
        and credential.secret_version = ${finding.secretVersion}
        -- A page that was under way when another one halted the destination must not open it again.
        and not (destination.health_status = 'HALTED' and ${finding.status} = 'DEGRADED')
      for update of destination
    )
    update destination
    set health_status = ${finding.status},
      health_code = ${finding.code},
      health_message = ${finding.message},
      health_aws_request_id = ${finding.awsRequestId},
      health_since = case
        when before.health_status is distinct from ${finding.status} or before.health_code is distinct from ${finding.code}
        then clock_timestamp() else destination.health_since end,
      next_probe_at = case when ${isGated} then clock_timestamp() + ${finding.probeAfterMs} * interval '1 millisecond' end
    from before
    where destination.id = before.id
    returning before.health_status is distinct from ${finding.status}
      or before.health_code is distinct from ${finding.code} as changed`.execute(tx);
  return rows[0]?.changed ?? false;
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
 * Forgets what tests and calls with other settings showed of a destination.
 * @returns whether its health was something to forget.
 */
export async function resetHealth(db: Db, id: number): Promise<boolean> {
  await db.updateTable('destination').set({ last_test: null, stream_details: null }).where('id', '=', id).execute();
  const row = await db
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
  return row !== undefined;
}
