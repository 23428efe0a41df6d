/** Waves: which records of a call go when, as their shards have room for them. */

import type { PutRecordsAnswer } from './answer.js';
import { type Entry, type Reason, reasonFor } from './entry.js';
import { measureRecord } from './record.js';
import type { ShardPacer } from './shard-pacer.js';
import { hashKeyOf } from './shards.js';

/** Records that go together. */
export interface Wave {
  /** By the producer's clock. */
  readonly goAtMs: number;
  readonly entries: readonly Entry[];
}

/** Records whose turns lie so close together go in one request, at the last one's turn. */
const WAVE_MS = 50;

/**
 * Books the places of records; those that would wait longer than `patienceMs` are marked as held and are in no wave.
 * @returns in the order in which they go; records of a wave in the order of the call.
 */
export function planWaves(
  pacer: ShardPacer | null,
  entries: readonly Entry[],
  at: { nowMs: number; patienceMs: number },
): Wave[] {
  if (!pacer?.keysDecide) return [{ goAtMs: at.nowMs, entries }];
  const held = reasonFor('THROTTLED');
  const turns: { entry: Entry; goAtMs: number }[] = [];
  for (const entry of entries) {
    const record = { hashKey: keyOf(entry), sizeBytes: measureRecord(entry.record) };
    const admission = pacer.admit(record, at.nowMs, at.patienceMs);
    if ('goAtMs' in admission) turns.push({ entry, goAtMs: admission.goAtMs });
    else hold(entry, admission.retryAfterMs, held);
  }
  return gather(turns);
}

/** Tells the pacer what an answer says of shards. */
export function noteAnswer(
  pacer: ShardPacer,
  { entries, answer, nowMs }: { entries: readonly Entry[]; answer: PutRecordsAnswer; nowMs: number },
): void {
  if (!pacer.keysDecide || answer.kind !== 'results' || answer.results.length !== entries.length) return;
  for (const entry of entries) {
    const { result, reason } = entry;
    if (result?.status === 'delivered') pacer.noteStored(keyOf(entry), result.shardId);
    else if (result === null && reason?.cause === 'THROTTLED') pacer.noteThrottle(keyOf(entry), nowMs);
  }
}

/** Hashed once: each record is asked for before it goes and when it is answered. */
function keyOf(entry: Entry): string {
  entry.hashKey ??= hashKeyOf(entry.record.partitionKey);
  return entry.hashKey;
}

function hold(entry: Entry, heldMs: number, reason: Reason): void {
  entry.heldMs = heldMs;
  entry.reason = reason;
}

function gather(turns: readonly { entry: Entry; goAtMs: number }[]): Wave[] {
  const waves: { firstMs: number; goAtMs: number; entries: Entry[] }[] = [];
  // The sort is stable: records of one turn keep the order of the call.
  for (const { entry, goAtMs } of [...turns].sort((a, b) => a.goAtMs - b.goAtMs)) {
    const wave = waves.at(-1);
    if (wave && goAtMs - wave.firstMs <= WAVE_MS) {
      wave.goAtMs = goAtMs;
      wave.entries.push(entry);
    } else waves.push({ firstMs: goAtMs, goAtMs, entries: [entry] });
  }
  return waves;
}
