/** Random faults by seed. */

import type { FaultRule } from '../../src/sandbox/faults.js';

/**
 * Faults of a stream's first requests, the same for the same seed: a share of records refused, 0 to 0.9, and up to two
 * others of any kind. They end, so that every run ends.
 */
export function randomFaults(seed: number, stream: string): FaultRule[] {
  const random = makeRandom(seed);
  const partial: FaultRule = {
    kind: 'record-error',
    code: random() < 0.5 ? 'ProvisionedThroughputExceededException' : 'InternalFailure',
    probability: random() * 0.9,
    match: { operation: 'PutRecords', stream, requests: { to: 5 + Math.floor(random() * 15) } },
  };
  return [partial, ...Array.from({ length: Math.floor(random() * 3) }, () => drawFault(random, stream))];
}

function drawFault(random: () => number, stream: string): FaultRule {
  const to = 5 + Math.floor(random() * 25);
  const match = {
    operation: 'PutRecords',
    stream,
    requests: { to },
    probability: 0.1 + random() * 0.6,
  };
  const probability = random();
  const faults: FaultRule[] = [
    { kind: 'record-error', code: 'ProvisionedThroughputExceededException', probability, match },
    { kind: 'record-error', code: 'InternalFailure', probability, match },
    { kind: 'request-error', code: 'InternalFailure', status: 500, match },
    { kind: 'request-error', code: 'ServiceUnavailable', status: 503, match },
    { kind: 'request-error', code: 'LimitExceededException', status: 400, match },
    { kind: 'lost-answer', match },
    { kind: 'half-body', match },
    { kind: 'empty-answer', append: random() < 0.5, match },
    { kind: 'html-body', append: random() < 0.5, match },
    { kind: 'short-result', missing: 1 + Math.floor(random() * 3), match },
    { kind: 'reset', match },
  ];
  return faults[Math.floor(random() * faults.length)] ?? { kind: 'reset', match };
}

/** A generator of numbers from 0 up to 1, the same for the same seed. */
export function makeRandom(seed: number): () => number {
  let state = seed * 2_654_435_761;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
