/**
 * The judge: whether a candidate becomes a record, by the present state of its profile, activation and destination.
 * Pure. What asked for the record may be hours old; what is sent, and whether, is decided here and now.
 */

import type { ActivationTarget, ExportFact } from '../storage/delivery-target.js';
import type { Candidate } from '../storage/page-source.js';
import { type ConsentRule, permitsExport } from './consent.js';
import { type DeliveryCause, fromCauseKeys } from './delivery-cause.js';
import type { DeliveryCode } from './delivery-code.js';
import {
  type ForcedExits,
  isPresentMember,
  type NamedSegment,
  NO_EXITS,
  type RecordPlan,
  type RecordSource,
} from './record.js';

/** The exports that a page's records name, by id. */
export type ExportFacts = ReadonlyMap<string, Omit<ExportFact, 'id'>>;

/** What a judge decides: to send, with the memberships that stand as exited and why they do; or why not. */
export type Judgement = { exits: ForcedExits; unmapping: readonly DeliveryCause[] } | { skip: DeliveryCode };

/** What candidates of one activation are judged by. */
export interface JudgeContext {
  activation: Pick<ActivationTarget, 'mapped'>;
  consent: ConsentRule | null;
  plan: RecordPlan;
  exports: ExportFacts;
  /** Segments that are not mapped, as far as an export sends exits of them. */
  names: readonly NamedSegment[];
}

/** Judges one candidate; `causes` are its live ones, see {@link findLiveCauses}. */
export type Judge = (
  candidate: Pick<Candidate, 'exports'>,
  causes: readonly DeliveryCause[],
  profile: RecordSource | undefined,
) => Judgement;

/** Causes of a pending row that still count: those that came after the newest discard. */
export function findLiveCauses(candidate: Candidate, discardedUntil: number): readonly DeliveryCause[] {
  if (!candidate.pending) return NO_CAUSES;
  const live: string[] = [];
  for (const [key, version] of Object.entries(candidate.pending.causes)) if (version > discardedUntil) live.push(key);
  return fromCauseKeys(live);
}

const NO_CAUSES: readonly DeliveryCause[] = [];

/** Makes the judge of one activation's candidates. */
export function createJudge(context: JudgeContext): Judge {
  // Candidates of one export's page share the object that says who asks.
  const requests = new Map<Candidate['exports'], Request>();
  return (candidate, causes, profile) => {
    if (!profile) return { skip: 'PROFILE_DELETED' };
    if (!permitsExport(context.consent, profile.attributes)) return judgeRefused(causes, context.consent);
    const request = requests.get(candidate.exports) ?? readRequest(candidate, context);
    requests.set(candidate.exports, request);
    const unmapping = request.exits.filter(({ id }) => Object.hasOwn(profile.memberships, String(id)));
    if (unmapping.length > 0) return sendExits(unmapping);
    if (isWantedLive(causes, profile, context)) return SEND;
    if (isPresentMember(profile, request.segmentIds, context.plan.now)) return SEND;
    return { skip: skipCode(causes, request) };
  };
}

const SEND: Judgement = { exits: NO_EXITS, unmapping: NO_CAUSES };
const SEND_EXITS: Judgement = { exits: 'ALL', unmapping: NO_CAUSES };

function sendExits(segments: readonly NamedSegment[]): Judgement {
  return {
    exits: new Set(segments.map(({ id }) => String(id))),
    unmapping: segments.map(({ segmentId }) => ({ kind: 'UNMAPPING', subject: segmentId })),
  };
}

/** What the exports that ask for a record want, as far as it still holds. Segments are internal ids as text. */
interface Request {
  isAsked: boolean;
  /** Mapped segments whose present members are wanted. */
  segmentIds: string[];
  /** Segments out of the activation whose exits are wanted. */
  exits: readonly NamedSegment[];
  /** All exits that were wanted are of segments that were mapped again. */
  isMappedAgain: boolean;
}

function readRequest(candidate: Pick<Candidate, 'exports'>, { plan, exports, names }: JudgeContext): Request {
  const facts = Object.keys(candidate.exports).flatMap((exportId) => exports.get(exportId) ?? []);
  const wanted = (isExit: boolean) =>
    facts.filter(({ trigger }) => (trigger === 'EXITS') === isExit).flatMap(({ segmentIds }) => segmentIds.map(String));
  const members = new Set(wanted(false));
  const leavers = new Set(wanted(true));
  const exits = names.filter(({ id }) => leavers.has(String(id)) && !plan.mappedIds.has(String(id)));
  return {
    isAsked: facts.length > 0,
    segmentIds: [...members].filter((id) => plan.mappedIds.has(id)),
    exits,
    isMappedAgain: members.size === 0 && leavers.size > 0 && exits.length === 0,
  };
}

function judgeRefused(causes: readonly DeliveryCause[], consent: ConsentRule | null): Judgement {
  const isWithdrawn = causes.some(({ kind }) => kind === 'CONSENT');
  return isWithdrawn && consent?.whenRefused === 'SEND_EXIT' ? SEND_EXITS : { skip: 'CONSENT_REFUSED' };
}

/** A present member gets every change; who left gets the exit, and nothing after it. */
function isWantedLive(causes: readonly DeliveryCause[], profile: RecordSource, context: JudgeContext): boolean {
  const { activation, plan } = context;
  const counting = causes.filter(({ kind, subject }) => kind !== 'MEMBERSHIP' || isMapped(activation, subject));
  if (counting.length === 0) return false;
  if (isPresentMember(profile, plan.mappedIds, plan.now)) return true;
  return counting.some(({ kind }) => kind === 'MEMBERSHIP');
}

function isMapped({ mapped }: JudgeContext['activation'], segmentId: string): boolean {
  return mapped.some((segment) => segment.segmentId === segmentId);
}

function skipCode(causes: readonly DeliveryCause[], request: Request): DeliveryCode {
  if (!request.isAsked && causes.length === 0) return 'CHANGES_DISCARDED';
  if (request.isMappedAgain) return 'SEGMENT_MAPPED_AGAIN';
  const isUnmapped = request.isAsked && request.segmentIds.length === 0 && request.exits.length === 0;
  const isOfUnmapped = !request.isAsked && causes.every(({ kind }) => kind === 'MEMBERSHIP');
  return isUnmapped || isOfUnmapped ? 'SEGMENT_UNMAPPED' : 'NOT_A_MEMBER';
}
