/** The domain's services, joined: the one list of them, for the app and for tests that run without a server. */

import { createActivations } from './domain/activation.js';
import { createCredentials } from './domain/credential.js';
import { createDestinations } from './domain/destination.js';
import { createExportRequests } from './domain/export-request.js';
import { createFailedRecordDecisions } from './domain/failed-record-decision.js';
import { createPartitioning } from './domain/partitioning.js';
import { createProfiles } from './domain/profile.js';
import type { SecretSeal } from './domain/secret-seal.js';
import { createSegments } from './domain/segment.js';
import { createSimulations } from './domain/simulation.js';
import type { Services } from './graphql/context.js';
import { DEFAULT_MAX_RECORD_BYTES, findRecordFault, measureRecord } from './kinesis/record.js';
import { createShardMap } from './kinesis/shard-map.js';
import type { Db } from './storage/database.js';

/** What services are made from. */
export interface ServiceParts {
  db: Db;
  seal: SecretSeal;
  /** Tells workers and subscribers that a destination has work, after a commit. Without it they find out when they poll. */
  wake?(destinationId: number): void;
  /** Tells only the workers: nothing was published yet. */
  wakeWorkers?(destinationId: number): void;
  /** Address of Kinesis; null is each region's own. */
  kinesisEndpoint?: string | null;
}

/** Makes every service. */
export function createServices(parts: ServiceParts): Services {
  const { db, seal, wake = () => {}, wakeWorkers = wake, kinesisEndpoint = null } = parts;
  const shardMap = createShardMap(kinesisEndpoint);
  return {
    activations: createActivations({ db, wake }),
    credentials: createCredentials({ db, seal }),
    destinations: createDestinations({ db }),
    exportRequests: createExportRequests({ db, wake }),
    failedRecordDecisions: createFailedRecordDecisions({ db, wake }),
    partitioning: createPartitioning({ db, seal, shardMap }),
    profiles: createProfiles({ db, clock, wake: wakeWorkers }),
    segments: createSegments({ db }),
    simulations: createSimulations({ db, seal, shardMap, recordRules, clock }),
  };
}

const clock = () => new Date();

/** The engine goes by the default limit as well, whatever the stream's own is. */
const recordRules = {
  maxRecordBytes: DEFAULT_MAX_RECORD_BYTES,
  measure: measureRecord,
  findFault: findRecordFault,
};
