/** The order in which a subscriber gets events, and its positions on the way: pure functions over values. */

import type { CommittedEvent, EventBatch, Positions } from '../storage/event-tail.js';

/** The next events behind a position. */
export interface OrderedEvents {
  /** Each sequence in order and without gaps; a state event comes after every event that it follows. */
  events: CommittedEvent[];
  /** Positions after the last of them. */
  positions: Positions;
  /** Whether events between the position and the batch are not kept any more. */
  hasGap: boolean;
}

/** The positions after an event. */
export function advance(positions: Positions, event: CommittedEvent): Positions {
  return positions.with(event.sequence, event.position);
}

/** Whether all that lies behind `others` lies behind `positions` too. */
export function covers(positions: Positions, others: Positions): boolean {
  return others.every((position, sequence) => at(positions, sequence) >= position);
}

/** Whether an event lies behind the positions already. */
export function isPassed(positions: Positions, event: CommittedEvent): boolean {
  return event.position <= at(positions, event.sequence);
}

/** The farther position of each sequence. */
export function farthest(positions: Positions, others: Positions): Positions {
  return positions.map((position, sequence) => Math.max(position, at(others, sequence)));
}

/** How many events lie between two positions. */
export function countBetween(positions: Positions, later: Positions): number {
  return later.reduce((sum, position, sequence) => sum + Math.max(0, position - at(positions, sequence)), 0);
}

/**
 * Puts a batch in the order to send: a state event is held back until the events that it follows have passed, because
 * it lies in a sequence of its own and a limit may cut that of a lane shorter. What is held back is not among the
 * events: it comes with a later batch.
 */
export function takeInOrder(passed: Positions, batch: EventBatch): OrderedEvents {
  const states = batch.events.filter((event) => event.kind !== 'DELIVERIES');
  const events: CommittedEvent[] = [];
  let positions = passed;
  const take = (event: CommittedEvent): boolean => {
    if (event.position !== at(positions, event.sequence) + 1) return false;
    positions = advance(positions, event);
    events.push(event);
    return true;
  };
  const release = (): void => {
    while (states[0] && covers(positions, states[0].follows) && take(states[0])) states.shift();
  };
  release();
  for (const event of batch.events) if (event.kind === 'DELIVERIES' && take(event)) release();
  return { events, positions, hasGap: hasGap(passed, batch) };
}

/** Positions have no gaps: if a sequence does not go on with the next one, what lies between is not kept any more. */
function hasGap(passed: Positions, batch: EventBatch): boolean {
  const firsts = new Map<number, number>();
  for (const event of batch.events) if (!firsts.has(event.sequence)) firsts.set(event.sequence, event.position);
  return batch.newest.some((newest, sequence) => {
    const next = at(passed, sequence) + 1;
    return newest >= next && firsts.get(sequence) !== next;
  });
}

function at(positions: Positions, sequence: number): number {
  return positions[sequence] ?? 0;
}
