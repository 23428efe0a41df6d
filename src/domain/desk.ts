/**
 * The desk: where the candidates of one activation become records or skips. Pure, so that a page decides and a simulation
 * shows by one path.
 */

import type { ActivationTarget, DeliveryTarget } from '../storage/delivery-target.js';
import type { Candidate } from '../storage/page-source.js';
import type { DeliveryOrigin } from './delivery.js';
import type { DeliveryCause } from './delivery-cause.js';
import type { DeliveryCode } from './delivery-code.js';
import { originOf } from './delivery-origin.js';
import { createJudge, type ExportFacts } from './judge.js';
import { type NamedSegment, planRecords, type RecordSource } from './record.js';
import { createRecordWriter, type RecordText } from './record-writer.js';

/** What candidates are decided with, besides their activation. */
export interface DeskContext {
  target: Pick<
    DeliveryTarget,
    | 'consent'
    | 'envelope'
    | 'includeSegmentNames'
    | 'includeSegmentTimestamps'
    | 'membershipScope'
    | 'membershipStatuses'
    | 'partitionKey'
    | 'tooLargePolicy'
    | 'version'
  >;
  exports: ExportFacts;
  /** Segments that are not mapped but may stand in a record: all of the profiles' in scope ALL, and those that leave. */
  names: NamedSegment[];
  now: Date;
  /** Most bytes of data and partition key, beyond which the too-large policy holds. */
  maxRecordBytes: number;
  /** Makes a new partition key. */
  random(): string;
}

/** One candidate: who asks for its record, and what for. */
export interface Asked {
  exports: Candidate['exports'];
  /** Its live causes. */
  causes: readonly DeliveryCause[];
}

/** One candidate, decided: a record, or the reason why not. */
export interface Ruling {
  /** Those that asked, and those that the judge adds. */
  causes: readonly DeliveryCause[];
  origin: DeliveryOrigin;
  outcome: RecordText | { skip: DeliveryCode };
}

/** Decides on one candidate; without a profile it was erased. */
export type Desk = (asked: Asked, profile: (RecordSource & { revision: number }) | undefined) => Ruling;

/** Opens the desk of an activation. */
export function openDesk(activation: Omit<ActivationTarget, 'discardedUntil' | 'paused'>, context: DeskContext): Desk {
  const { target, exports, names, now } = context;
  const plan = planRecords(activation, target, {
    mapped: activation.mapped,
    unmapped: target.membershipScope === 'ALL' ? names : [],
    leaving: names,
    now,
  });
  const judge = createJudge({ activation, consent: target.consent, plan, exports, names });
  const write = createRecordWriter(target, activation, context);
  return (asked, profile) => {
    const origin = originOf(asked.causes, asked.exports, exports);
    const judgement = judge(asked, asked.causes, profile);
    if ('skip' in judgement || !profile)
      return { causes: asked.causes, origin, outcome: 'skip' in judgement ? judgement : DELETED };
    const { exits, unmapping } = judgement;
    const causes = unmapping.length > 0 ? [...asked.causes, ...unmapping] : asked.causes;
    return { causes, origin, outcome: write(profile, plan, { origin, causes, revision: profile.revision, exits }) };
  };
}

const DELETED = { skip: 'PROFILE_DELETED' } as const;
