/** Lanes: the unit of order, ownership and parallelism in a destination. */

import { createHash } from 'node:crypto';

/** Lanes of every destination, numbered from 0. */
export const LANE_COUNT = 16;

/** One lane of a destination (internal id). */
export interface LanePlace {
  destinationId: number;
  lane: number;
}

/** A lane as a key, such as workers are rung by. */
export function toLaneKey({ destinationId, lane }: LanePlace): string {
  return `${destinationId}/${lane}`;
}

/** The lane of a profile, from what survives its erasure and re-creation: workspace and customer's id. */
export function laneOf(workspaceId: number, profileId: string): number {
  const digest = createHash('md5').update(`${workspaceId}:${profileId}`).digest();
  return (digest[0] ?? 0) % LANE_COUNT;
}
