/** Workers and their leases, by the database's clock. */

import { sql } from 'kysely';
import type { Db } from './database.js';

/** What a heartbeat tells. */
export interface Heartbeat {
  /** False: the lease was over before; it is never revived, the worker must register anew. */
  alive: boolean;
  /** Workers with a running lease, this one included. */
  workers: number;
}

/** Registers a worker with a fresh lease; returns its id. */
export async function registerWorker(db: Db, name: string, leaseMs: number): Promise<number> {
  const { rows } = await sql<{ id: number }>`/* workers.register */
    insert into worker (name, lease_expires_at)
    values (${name}, clock_timestamp() + ${leaseMs} * interval '1 millisecond')
    returning id`.execute(db);
  const id = rows[0]?.id;
  if (id === undefined) throw new Error('The database registered no worker.');
  return id;
}

/** Prolongs a lease that still runs. */
export async function prolongLease(db: Db, workerId: number, leaseMs: number): Promise<Heartbeat> {
  const { rows } = await sql<{ prolonged: number; workers: number }>`/* workers.heartbeat */
    with prolonged as (
      update worker
      set lease_expires_at = clock_timestamp() + ${leaseMs} * interval '1 millisecond'
      where id = ${workerId} and lease_expires_at > clock_timestamp()
      returning id
    )
    select
      (select count(*)::int from prolonged) as prolonged,
      (select count(*)::int from worker where lease_expires_at > clock_timestamp()) as workers`.execute(db);
  return { alive: rows[0]?.prolonged === 1, workers: Math.max(1, rows[0]?.workers ?? 1) };
}

/** Takes a worker off the books: its lanes are free at once. */
export async function removeWorker(db: Db, workerId: number): Promise<void> {
  await sql`/* workers.remove */ delete from worker where id = ${workerId}`.execute(db);
}

/** Forgets workers whose lease was over long ago. */
export async function removeDeadWorkers(db: Db): Promise<void> {
  await sql`/* workers.remove_dead */
    delete from worker where lease_expires_at < clock_timestamp() - interval '1 hour'`.execute(db);
}
