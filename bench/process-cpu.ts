/** CPU and memory that other processes took, as Linux counts them, CPU in ticks of 10 ms; 0 on other systems. */

import { readdir, readFile } from 'node:fs/promises';
import { sql } from 'kysely';
import type { Db } from '../src/storage/database.js';

/** User and system time of a process, in seconds. */
export async function readCpuSeconds(pid: number): Promise<number> {
  const { own } = await readStat(pid);
  return own;
}

/** The largest resident memory that a process has ever had, in MB. */
export async function readPeakRssMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Math.round(Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1_024);
}

/** CPU of a database server on this machine, with all its processes, also those that have ended. */
export async function readServerCpuSeconds(db: Db): Promise<number> {
  const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db);
  const { parent: server } = await readStat(rows[0]?.pid ?? 0);
  const main = await readStat(server);
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0);
  const children = (await Promise.all(pids.map(readStat))).filter(({ parent }) => parent === server);
  return main.own + main.ended + children.reduce((sum, child) => sum + child.own, 0);
}

async function readStat(pid: number): Promise<{ parent: number; own: number; ended: number }> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name, in brackets, may hold anything.
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const seconds = (from: number) => ((fields[from] ?? 0) + (fields[from + 1] ?? 0)) / 100;
  return { parent: fields[1] ?? 0, own: seconds(11), ended: seconds(13) };
}
