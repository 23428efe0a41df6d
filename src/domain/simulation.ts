/** Simulations: one delivery explained without making it, by the functions that decide on real ones. */

import { randomUUID } from 'node:crypto';
import type { FailedRecord, KinesisRecord } from '../kinesis/record.js';
import type { Db } from '../storage/database.js';
import type { DeliveryTarget } from '../storage/delivery-target.js';
import { type DeliveryCause, fromCauseKeys, toCauseKey } from './delivery-cause.js';
import { DELIVERY_CODES, type DeliveryCode } from './delivery-code.js';
import { type Asked, openDesk, type Ruling } from './desk.js';
import type { ExportFacts } from './judge.js';
import { askForShards, type ShardMap } from './partitioning.js';
import type { SecretSeal } from './secret-seal.js';
import { checkSimulation, type SimulationRequest } from './simulation-input.js';
import { readScene, type SimulationScene } from './simulation-scene.js';
import { findCauses, type TriggeringChange } from './trigger.js';

/** What would become of one profile. */
export interface ExportSimulation {
  /** What in the change would trigger it; empty without a change. */
  causes: readonly DeliveryCause[];
  /** Why not, or why the record would fail; null if it would be delivered. */
  code: DeliveryCode | null;
  /** Most bytes that the stream takes; null if AWS never told. */
  maxRecordBytes: number | null;
  message: string;
  /** Null if there would be none. */
  record: SimulatedRecord | null;
  /** The customer's id; null if no segment has a member. */
  profileId: string | null;
  /** Null without a record, or if AWS does not tell the shards. */
  shardId: string | null;
  wouldExport: boolean;
}

/** The record that would be sent. */
export interface SimulatedRecord {
  /** JSON. */
  payload: string;
  partitionKey: string;
  /** Of data and partition key. */
  sizeBytes: number;
}

/** Explains deliveries. */
export interface Simulations {
  /** Writes nothing; waits at most 10 s for AWS. @throws {InvalidInputError} */
  simulate(workspaceId: number, request: SimulationRequest): Promise<ExportSimulation>;
}

/** What the stream takes; joined in `services.ts`. */
export interface RecordRules {
  /** Most bytes of data and partition key, of a stream whose own limit is unknown. */
  maxRecordBytes: number;
  measure(record: KinesisRecord): number;
  /** What the stream would refuse a record for; null if it takes it. */
  findFault(record: KinesisRecord, maxRecordBytes: number): Pick<FailedRecord, 'code' | 'message'> | null;
}

/** What the service needs. */
export interface SimulationsOptions {
  db: Db;
  seal: SecretSeal;
  shardMap: ShardMap;
  recordRules: RecordRules;
  /** Says when an imagined change is made. */
  clock(): Date;
}

/** Makes the service. */
export function createSimulations(options: SimulationsOptions): Simulations {
  return {
    async simulate(workspaceId, request) {
      const checked = checkSimulation(request);
      const scene = await readScene(options.db, { workspaceId, checked, now: options.clock() });
      const simulation = { ...explain(scene, options.recordRules), maxRecordBytes: scene.target.maxRecordBytes };
      const { record } = simulation;
      return record ? { ...simulation, shardId: await findShard(options, scene.target, record) } : simulation;
    },
  };
}

/** The export that is imagined where there is no change: of all segments, as if triggered by hand. */
const EXPORT_ID = '0';

type Explanation = Omit<ExportSimulation, 'maxRecordBytes'>;

function explain(scene: SimulationScene, recordRules: RecordRules): Explanation {
  const { profile, change } = scene;
  if (!profile) return skip({ causes: [], code: 'NOT_A_MEMBER', profileId: null }, NOBODY);
  const rule = openRuling(scene, recordRules);
  const exported = { exports: { [EXPORT_ID]: '' }, causes: [] };
  const live = change && { exports: {}, causes: triggerCauses(change, scene) };
  const { profileId } = profile;
  if (live?.causes.length === 0)
    return skip({ causes: [], code: 'NOT_TRIGGERED', profileId }, explainSilence(rule(exported)));
  const { causes, outcome } = rule(live ?? exported);
  if ('skip' in outcome) return skip({ causes, code: outcome.skip, profileId }, DELIVERY_CODES[outcome.skip].meaning);
  const { text: payload, partitionKey } = outcome;
  const sent = { data: Buffer.from(payload, 'utf8'), partitionKey };
  const fault = recordRules.findFault(sent, limitOf(scene, recordRules));
  return {
    causes,
    code: fault?.code ?? null,
    message: fault?.message ?? explainSending(scene),
    record: { payload, partitionKey, sizeBytes: recordRules.measure(sent) },
    profileId,
    shardId: null,
    wouldExport: fault === null,
  };
}

/** As they come back from where they wait for their record. */
function triggerCauses(change: TriggeringChange, { rules, now }: SimulationScene): DeliveryCause[] {
  return fromCauseKeys(findCauses(change, rules, now).map(toCauseKey));
}

function openRuling(scene: SimulationScene, recordRules: RecordRules): (asked: Asked) => Ruling {
  const { activation, profile } = scene;
  const segmentIds = activation.mapped.map(({ id }) => id);
  const exports: ExportFacts = new Map([[EXPORT_ID, { trigger: 'MANUAL', segmentIds }]]);
  const desk = openDesk(activation, {
    ...scene,
    exports,
    maxRecordBytes: limitOf(scene, recordRules),
    random: randomUUID,
  });
  return (asked) => desk(asked, profile ?? undefined);
}

function limitOf({ target }: SimulationScene, { maxRecordBytes }: RecordRules): number {
  return target.maxRecordBytes ?? maxRecordBytes;
}

function skip(what: Pick<ExportSimulation, 'causes' | 'code' | 'profileId'>, message: string): Explanation {
  return { ...what, message, record: null, shardId: null, wouldExport: false };
}

const NOBODY = 'None of the segments has a present member: add one, or name a profile.';

/** Why a change triggers nothing: what would keep the profile out of an export as well, else what was changed. */
function explainSilence({ outcome }: Ruling): string {
  const reason =
    'skip' in outcome
      ? DELIVERY_CODES[outcome.skip].meaning
      : 'It alters no membership of an activated segment, no identity and no mapped attribute.';
  return `The change triggers no delivery. ${reason}`;
}

function explainSending({ change, activation, target }: SimulationScene): string {
  const what = change ? 'The change triggers a live delivery.' : 'An export would deliver the profile.';
  const waits = [
    ...(activation.paused ? ['the activation is resumed'] : []),
    ...(target.enabled ? [] : ['the destination is enabled']),
    ...(target.healthStatus === 'HALTED' ? ['the destination is not halted any more (see its `health`)'] : []),
  ];
  return waits.length === 0 ? what : `${what} It waits until ${waits.join(' and ')}.`;
}

/** Null if AWS does not tell: all else is known without it. */
async function findShard(
  options: SimulationsOptions,
  { credential, ...target }: DeliveryTarget,
  { partitionKey }: SimulatedRecord,
): Promise<string | null> {
  const { id: credentialId, identity, secretVersion } = credential;
  const secret = { workspaceId: target.workspaceId, credentialId, identity, secretVersion };
  const listing = await askForShards(options, target, secret);
  return 'value' in listing ? (options.shardMap.shardOf(partitionKey, listing.value)?.shardId ?? null) : null;
}
