/** The domain's services, joined: the one list of them, for the app and for tests that run without a server. */

import { type AwsAccess, createAwsAccess } from './aws-access.js';
import { createActivations } from './domain/activation.js';
import { createActivationStates } from './domain/activation-state.js';
import { createApiKeys } from './domain/api-key-issue.js';
import { createCredentials } from './domain/credential.js';
import { createCredentialRotations } from './domain/credential-rotation.js';
import { createDestinations } from './domain/destination.js';
import { createDestinationStates } from './domain/destination-state.js';
import { createDestinationTests } from './domain/destination-test.js';
import { createExportRequests } from './domain/export-request.js';
import { createFailedRecordDecisions } from './domain/failed-record-decision.js';
import type { LanePlace } from './domain/lane.js';
import { createPartitioning } from './domain/partitioning.js';
import { createProfiles } from './domain/profile.js';
import { createReplays } from './domain/replay.js';
import { createRoleTrust, type RoleTrust } from './domain/role-trust.js';
import type { RotatedCredential } from './domain/rotation-key.js';
import type { SecretSeal } from './domain/secret-seal.js';
import { createSegments } from './domain/segment.js';
import { createSimulations } from './domain/simulation.js';
import type { Services } from './graphql/context.js';
import { createStreamInspector } from './kinesis/inspection.js';
import { DEFAULT_MAX_RECORD_BYTES, findRecordFault, measureRecord } from './kinesis/record.js';
import { createShardMap } from './kinesis/shard-map.js';
import type { Db } from './storage/database.js';

/** What others are told of after a commit. Without it they find out when they poll. */
export interface Announcements {
  /** Tells workers and subscribers that a destination has work. */
  wake(destinationId: number): void;
  /** Tells the workers that a lane has records to deliver. */
  wakeLane(place: LanePlace): void;
  /** Tells the workers that a credential got another secret. */
  announceRotation(rotated: RotatedCredential): void;
}

/** What services are made from. */
export interface ServiceParts extends Partial<Announcements> {
  seal: SecretSeal;
  /** The way to AWS, shared with the engine. By default access keys alone, to each region's own endpoint. */
  aws?: AwsAccess;
}

/** Makes every service. */
export function createServices({ db, ...parts }: ServiceParts & { db: Db }): Services {
  return bindServices(parts)(db);
}

/**
 * Prepares what services share, so that they can be made cheaply on any database: the pool, or one that is bound to an
 * audited call.
 */
export function bindServices(parts: ServiceParts): (db: Db) => Services {
  const { seal, wake = () => {}, wakeLane = () => {}, announceRotation = () => {}, aws = createAwsAccess({}) } = parts;
  const shared = {
    seal,
    wake,
    wakeLane,
    announceRotation,
    kinds: aws.kinds,
    shardMap: createShardMap(aws),
    inspector: createStreamInspector(aws),
    roleTrust: createRoleTrust(aws),
  };
  return (db) => joinServices(db, shared);
}

interface SharedParts extends Announcements {
  seal: SecretSeal;
  kinds: AwsAccess['kinds'];
  shardMap: ReturnType<typeof createShardMap>;
  inspector: ReturnType<typeof createStreamInspector>;
  roleTrust: RoleTrust;
}

function joinServices(db: Db, shared: SharedParts): Services {
  const { seal, wake, wakeLane, announceRotation, kinds, shardMap, inspector, roleTrust } = shared;
  const destinationTests = createDestinationTests({ db, seal, inspector, roleTrust, clock, wake });
  return {
    activations: createActivations({ db, wake }),
    activationStates: createActivationStates({ db, wake }),
    apiKeys: createApiKeys({ db, clock }),
    credentials: createCredentials({ db, seal, kinds }),
    credentialRotations: createCredentialRotations({ db, seal, inspector, tests: destinationTests, announceRotation }),
    destinations: createDestinations({ db, tests: destinationTests }),
    destinationTests,
    destinationStates: createDestinationStates({ db, wake }),
    exportRequests: createExportRequests({ db, wake }),
    failedRecordDecisions: createFailedRecordDecisions({ db, wake }),
    partitioning: createPartitioning({ db, seal, shardMap }),
    profiles: createProfiles({ db, clock, wakeLane }),
    replays: createReplays({ db, wake }),
    roleTrust,
    segments: createSegments({ db }),
    simulations: createSimulations({ db, seal, shardMap, recordRules, clock }),
  };
}

const clock = () => new Date();

const recordRules = {
  maxRecordBytes: DEFAULT_MAX_RECORD_BYTES,
  measure: measureRecord,
  findFault: findRecordFault,
};
