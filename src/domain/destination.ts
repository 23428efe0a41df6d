/** Destinations: configured targets. */

import { lockCredential } from '../storage/credentials.js';
import type { Db } from '../storage/database.js';
import { resetHealth } from '../storage/destination-health.js';
import {
  deleteDeliveryRows,
  deleteDestinationRow,
  deleteLanes,
  findDestination,
  hasUnfinishedExport,
  insertDestination,
  insertLanes,
  lockDestination,
  updateDestinationRow,
} from '../storage/destinations.js';
import { lockWorkspace } from '../storage/workspace-lock.js';
import type { ConsentRule } from './consent.js';
import type { DestinationTest } from './destination-check.js';
import {
  checkSettings,
  checkSettingsChange,
  type KinesisDestinationChange,
  type KinesisSettings,
  mergeSettings,
  type NewKinesisDestination,
  toNewSettings,
} from './destination-input.js';
import type { DestinationTests } from './destination-test.js';
import type { HealthState } from './health.js';
import { keyReused, runOnce } from './idempotency.js';
import type { InputIssues } from './input-issues.js';
import type { KinesisStream } from './kinesis-stream.js';
import { LANE_COUNT } from './lane.js';
import type { PartitionKey } from './partition-key.js';
import { runTransaction } from './transaction.js';
import { ConflictError, InvalidStateError, NotFoundError } from './user-error.js';

/** Which memberships a record holds. */
export type MembershipScope = 'ALL' | 'MAPPED_ONLY';

/** Which statuses records use. */
export type MembershipStatuses = 'THREE_STATE' | 'TWO_STATE';

/** What is put around the profile in a record. */
export type Envelope = 'NONE' | 'V1';

/** What becomes of a record over the stream's size limit. */
export type TooLargePolicy = 'FAIL' | 'TRIM_MEMBERSHIPS';

/** Whether a destination works, and if not, why. */
export interface DestinationHealth extends HealthState {
  since: Date;
  /** When a halted destination is tried again; null if not halted. */
  nextProbeAt: Date | null;
}

/** How long a halted or degraded destination is left alone between two probes unless the engine says otherwise, in ms. */
export const PROBE_INTERVAL_MS = 15_000;

/** A destination as it is stored. */
export interface Destination {
  id: number;
  workspaceId: number;
  kind: 'AMAZON_KINESIS';
  name: string;
  description: string | null;
  enabled: boolean;
  credentialId: number;
  region: string;
  /** Name or ARN, as given. */
  stream: string;
  includeSegmentNames: boolean;
  includeSegmentTimestamps: boolean;
  /** Most records sent a second, over all activations; null: as fast as the shards take them. */
  maxRecordsPerSecond: number | null;
  membershipScope: MembershipScope;
  membershipStatuses: MembershipStatuses;
  partitionKey: PartitionKey;
  tooLargePolicy: TooLargePolicy;
  envelope: Envelope;
  /** Null: every profile permits export. */
  consent: ConsentRule | null;
  version: number;
  health: DestinationHealth;
  /** Null if there was none with these settings. */
  lastTest: DestinationTest | null;
  /** The stream as AWS last described it; null if it never could. */
  streamDetails: KinesisStream | null;
  /** Newest event position of each lane 0–15, then of what happens outside lanes: read in one snapshot with the rest. */
  positions: number[];
  createdAt: Date;
  updatedAt: Date;
}

/** Changes destinations of one workspace at a time. */
export interface Destinations {
  /** Saves and tests. @throws {InvalidInputError} @throws {ConflictError} IDEMPOTENCY_KEY_REUSED. */
  createKinesis(workspaceId: number, input: NewKinesisDestination): Promise<Destination>;
  /**
   * Saves, and tests again if credential, region or stream changed.
   * @throws {InvalidInputError} @throws {NotFoundError} @throws {ConflictError} VERSION_CONFLICT.
   */
  updateKinesis(workspaceId: number, input: KinesisDestinationChange): Promise<Destination>;
  /** Deletes a destination and all that belongs to it. @throws {NotFoundError} @throws {InvalidStateError} EXPORT_RUNNING. */
  delete(workspaceId: number, id: number): Promise<void>;
}

/** Makes the service. */
export function createDestinations(dependencies: { db: Db; tests: Pick<DestinationTests, 'test'> }): Destinations {
  const { db, tests } = dependencies;
  // Tested after the commit: AWS may take its time, and what it says does not undo what was saved.
  return {
    async createKinesis(workspaceId, input) {
      const { destination, isNew } = await runTransaction(db, (tx) => createOnce(tx, workspaceId, input));
      return isNew ? await tests.test(workspaceId, destination.id) : destination;
    },

    async updateKinesis(workspaceId, input) {
      const { destination, isNew } = await runTransaction(db, (tx) => updateSettings(tx, workspaceId, input));
      return isNew ? await tests.test(workspaceId, destination.id) : destination;
    },

    async delete(workspaceId, id) {
      await runTransaction(db, (tx) => deleteWhole(tx, workspaceId, id));
    },
  };
}

/** A destination that was saved, and whether its credential, region or stream are new to it: then it is to be tested. */
interface Saved {
  destination: Destination;
  isNew: boolean;
}

async function createOnce(tx: Db, workspaceId: number, input: NewKinesisDestination): Promise<Saved> {
  const settings = toNewSettings(input);
  const checked = { workspaceId, settings, issues: checkSettings(settings, input.idempotencyKey) };
  if (checked.issues.count > 0) await checkCredential(tx, checked);
  const call = { workspaceId, operation: 'createKinesisDestination', key: input.idempotencyKey, input: settings };
  const { answer, repeated } = await runOnce(tx, call, async () => {
    await checkCredential(tx, checked);
    const id = await insertDestination(tx, workspaceId, settings);
    await insertLanes(tx, { workspaceId, destinationId: id, laneCount: LANE_COUNT });
    return [{ kind: 'KinesisDestination', id }];
  });
  const destination = await findDestination(tx, workspaceId, answer[0].id);
  if (destination) return { destination, isNew: !repeated };
  throw keyReused(answer[0], 'for a destination that was deleted since,');
}

async function updateSettings(tx: Db, workspaceId: number, change: KinesisDestinationChange): Promise<Saved> {
  // Whoever writes profiles judges them by the consent rule: wholly before such a change, or wholly after.
  if (change.consent !== undefined) await lockWorkspace(tx, workspaceId, 'exclusive');
  await lockDestination(tx, workspaceId, change.id, 'no key update');
  const current = await getDestination(tx, workspaceId, change.id);
  const settings = mergeSettings(current, change);
  await checkCredential(tx, { workspaceId, settings, issues: checkSettingsChange(settings, change) });
  if (current.version !== change.expectedVersion) throw versionConflict(current, change.expectedVersion);
  await updateDestinationRow(tx, current.id, settings);
  // What was seen of another stream, or with other credentials, says nothing of these.
  const isNew = isRetargeted(current, settings);
  if (isNew) await resetHealth(tx, current.id);
  return { destination: await getDestination(tx, workspaceId, current.id), isNew };
}

function isRetargeted(current: Destination, settings: KinesisSettings): boolean {
  const { credentialId, region, stream } = settings;
  return current.credentialId !== credentialId || current.region !== region || current.stream !== stream;
}

async function deleteWhole(tx: Db, workspaceId: number, id: number): Promise<void> {
  const destination = await getDestination(tx, workspaceId, id);
  await refuseWhileExporting(tx, destination);
  // Without its lanes no worker commits for it any more: each commit compares the lane's worker and epoch. The bulk
  // goes before the workspace's lock, which stops every writer; the lock comes before the destination's row, as
  // whoever activates takes them in that order too.
  await deleteLanes(tx, id);
  await deleteDeliveryRows(tx, id);
  await lockWorkspace(tx, workspaceId, 'exclusive');
  if (!(await lockDestination(tx, workspaceId, id, 'update'))) throw notFound();
  await refuseWhileExporting(tx, destination);
  await deleteDestinationRow(tx, id);
}

/** Adds the credential's fault to the others. @throws {InvalidInputError} if there is any. */
async function checkCredential(
  tx: Db,
  checked: { workspaceId: number; settings: KinesisSettings; issues: InputIssues },
): Promise<void> {
  const { workspaceId, settings, issues } = checked;
  if (!(await lockCredential(tx, workspaceId, settings.credentialId, 'key share')))
    issues.add('NOT_FOUND', 'credentialId', 'There is no such credential in this workspace: check `credentialId`.');
  issues.throwIfAny();
}

/** Reads a destination that a mutation names. @throws {NotFoundError} naming the input's `id`. */
export async function getDestination(db: Db, workspaceId: number, id: number): Promise<Destination> {
  const destination = await findDestination(db, workspaceId, id);
  if (destination) return destination;
  throw notFound();
}

async function refuseWhileExporting(tx: Db, destination: Destination): Promise<void> {
  if (!(await hasUnfinishedExport(tx, destination.id))) return;
  const message = `An export to destination ${destination.name} is not finished: wait for it or cancel it, then delete.`;
  throw new InvalidStateError('EXPORT_RUNNING', message, {
    path: ['input', 'id'],
    current: { kind: 'KinesisDestination', id: destination.id },
  });
}

function notFound(): NotFoundError {
  return new NotFoundError('There is no such destination in this workspace: check `id`.', ['input', 'id']);
}

function versionConflict(current: Destination, expected: number): ConflictError {
  const message = `Destination ${current.name} is at version ${current.version}, not ${expected}: merge with \`current\` and send again.`;
  return new ConflictError('VERSION_CONFLICT', message, {
    path: ['input', 'expectedVersion'],
    current: { kind: 'KinesisDestination', id: current.id },
  });
}
