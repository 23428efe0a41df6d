/** Memory of a server's process, after a collection. */

import { kill } from 'node:process';
import type { BenchProcess } from './harness.js';

/** In bytes. */
export interface Memory {
  /** Resident, as the machine counts it. */
  rss: number;
  /** Of objects that are in use, and of what they hold outside of the heap. */
  live: number;
}

/**
 * Options of node that {@link askMemory} needs. The young generation has its full size from the start: else what it grows by
 * while sockets are opened (up to 64 MB, once and for all) would be counted as theirs.
 */
export const MEMORY_ARGS = [
  '--expose-gc',
  '--min-semi-space-size=32',
  '--import',
  `${import.meta.dirname}/memory-probe.js`,
];

/** Reads the memory of this process, run with `--expose-gc`. */
export function readMemory(): Memory {
  // What a finaliser holds goes with the second one.
  for (let round = 0; round < 2; round += 1) globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, live: heapUsed + external };
}

/** Asks a process that was started with {@link MEMORY_ARGS}. */
export async function askMemory(server: Pick<BenchProcess, 'pid' | 'waitForLine'>): Promise<Memory> {
  const answer = server.waitForLine((line) => (line.startsWith('{"memory":') ? line : null));
  kill(server.pid, 'SIGUSR2');
  const { memory }: { memory: Memory } = JSON.parse(await answer);
  return memory;
}
