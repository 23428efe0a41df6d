/** The loaders of one operation: each batches what an operation reads of one kind into one statement. */

import DataLoader from 'dataloader';
import type { Activation, ActivationSegment } from '../domain/activation.js';
import type { ApiKey } from '../domain/api-key.js';
import type { AuditEntry } from '../domain/audit.js';
import type { Credential } from '../domain/credential.js';
import type { Delivery } from '../domain/delivery.js';
import type { Destination } from '../domain/destination.js';
import type { Export } from '../domain/export.js';
import type { ExportNumbers, RecentDeliveries } from '../domain/export-numbers.js';
import type { FailedRecord } from '../domain/failed-record.js';
import type { Membership, Profile } from '../domain/profile.js';
import type { Segment } from '../domain/segment.js';
import type { Workspace } from '../domain/workspace.js';
import { listActivationBacklogs } from '../storage/activation-backlog.js';
import { listMappings } from '../storage/activation-segments.js';
import { type ActivationListRequest, activationList, listActivationsByIds } from '../storage/activations.js';
import { type ApiKeyListRequest, apiKeyList, listApiKeysByIds } from '../storage/api-keys.js';
import { readNewestAttributes } from '../storage/attribute-types.js';
import { type AuditListRequest, auditList, listAuditEntriesByIds } from '../storage/audit-entries.js';
import { type Backlog, listBacklogs } from '../storage/backlogs.js';
import { type CredentialListRequest, credentialList, listCredentialsByIds } from '../storage/credentials.js';
import type { Db } from '../storage/database.js';
import {
  type DeliveryKey,
  type DeliveryListRequest,
  deliveryList,
  listDeliveriesByKeys,
} from '../storage/deliveries.js';
import { type DestinationListRequest, destinationList, listDestinationsByIds } from '../storage/destinations.js';
import { readExportNumbers, readRecentDeliveries } from '../storage/export-numbers.js';
import { type ExportListRequest, exportList, listExportsByIds } from '../storage/exports.js';
import { type FailedRecordListRequest, failedRecordList, listFailedRecordsByIds } from '../storage/failed-records.js';
import { type MembershipListRequest, membershipList } from '../storage/memberships.js';
import { listProfilesByIds, listProfilesByKeys, type ProfileListRequest, profileList } from '../storage/profiles.js';
import {
  countMembers,
  listSegmentsByIds,
  listSegmentsByKeys,
  type SegmentListRequest,
  segmentList,
} from '../storage/segments.js';
import { readStatistics } from '../storage/statistics.js';
import { listWorkspacesByIds } from '../storage/workspaces.js';
import { createListLoader, type ListLoader } from './list-loader.js';
import { createStatisticsLoader, type StatisticsLoader } from './statistics-loader.js';

/** Everything that resolvers read through. */
export interface Loaders {
  activationBacklog: DataLoader<number, Backlog>;
  activationById: DataLoader<number, Activation | null>;
  activations: ListLoader<ActivationListRequest, Activation>;
  apiKeyById: DataLoader<number, ApiKey | null>;
  apiKeys: ListLoader<ApiKeyListRequest, ApiKey>;
  auditEntries: ListLoader<AuditListRequest, AuditEntry>;
  auditEntryById: DataLoader<number, AuditEntry | null>;
  /** By destination. */
  backlog: DataLoader<number, Backlog>;
  credentialById: DataLoader<number, Credential | null>;
  credentials: ListLoader<CredentialListRequest, Credential>;
  deliveries: ListLoader<DeliveryListRequest, Delivery>;
  deliveryByKey: DataLoader<DeliveryKey, Delivery | null, string>;
  destinationById: DataLoader<number, Destination | null>;
  destinations: ListLoader<DestinationListRequest, Destination>;
  exportById: DataLoader<number, Export | null>;
  exportNumbers: DataLoader<number, ExportNumbers>;
  exports: ListLoader<ExportListRequest, Export>;
  failedRecordById: DataLoader<number, FailedRecord | null>;
  failedRecords: ListLoader<FailedRecordListRequest, FailedRecord>;
  /** By activation. */
  mappings: DataLoader<number, ActivationSegment[]>;
  memberCount: DataLoader<number, number>;
  memberships: ListLoader<MembershipListRequest, Membership>;
  /** Attributes of the newest profiles, by how many. */
  newestAttributes: DataLoader<number, Record<string, unknown>[]>;
  profileById: DataLoader<number, Profile | null>;
  /** By the customer's id. */
  profileByKey: DataLoader<string, Profile | null>;
  profiles: ListLoader<ProfileListRequest, Profile>;
  /** By export. */
  recentDeliveries: DataLoader<number, RecentDeliveries>;
  segmentById: DataLoader<number, Segment | null>;
  /** By the customer's id. */
  segmentByKey: DataLoader<string, Segment | null>;
  segments: ListLoader<SegmentListRequest, Segment>;
  statistics: StatisticsLoader;
  workspaceById: DataLoader<number, Workspace | null>;
}

/** Makes the loaders of one operation, bound to a workspace. */
export function createLoaders(db: Db, workspaceId: number): Loaders {
  return {
    activationBacklog: new DataLoader((ids: readonly number[]) => listActivationBacklogs(db, ids)),
    activationById: new DataLoader((ids: readonly number[]) => listActivationsByIds(db, workspaceId, ids)),
    activations: createListLoader(db, activationList),
    apiKeyById: new DataLoader((ids: readonly number[]) => listApiKeysByIds(db, workspaceId, ids)),
    apiKeys: createListLoader(db, apiKeyList),
    auditEntries: createListLoader(db, auditList),
    auditEntryById: new DataLoader((ids: readonly number[]) => listAuditEntriesByIds(db, workspaceId, ids)),
    backlog: new DataLoader((ids: readonly number[]) => listBacklogs(db, ids)),
    credentialById: new DataLoader((ids: readonly number[]) => listCredentialsByIds(db, workspaceId, ids)),
    credentials: createListLoader(db, credentialList),
    deliveries: createListLoader(db, deliveryList),
    deliveryByKey: new DataLoader((keys: readonly DeliveryKey[]) => listDeliveriesByKeys(db, workspaceId, keys), {
      cacheKeyFn: (key) => `${key.eventId}.${key.ordinal}`,
    }),
    destinationById: new DataLoader((ids: readonly number[]) => listDestinationsByIds(db, workspaceId, ids)),
    destinations: createListLoader(db, destinationList),
    exportById: new DataLoader((ids: readonly number[]) => listExportsByIds(db, workspaceId, ids)),
    exportNumbers: new DataLoader((ids: readonly number[]) => readExportNumbers(db, ids)),
    exports: createListLoader(db, exportList),
    failedRecordById: new DataLoader((ids: readonly number[]) => listFailedRecordsByIds(db, workspaceId, ids)),
    failedRecords: createListLoader(db, failedRecordList),
    mappings: new DataLoader((ids: readonly number[]) => listMappings(db, ids)),
    memberCount: new DataLoader((ids: readonly number[]) => countMembers(db, ids)),
    memberships: createListLoader(db, membershipList),
    newestAttributes: new DataLoader((sizes: readonly number[]) =>
      Promise.all(sizes.map((size) => readNewestAttributes(db, workspaceId, size))),
    ),
    profileById: new DataLoader((ids: readonly number[]) => listProfilesByIds(db, workspaceId, ids)),
    profileByKey: new DataLoader((keys: readonly string[]) => listProfilesByKeys(db, workspaceId, keys)),
    profiles: createListLoader(db, profileList),
    recentDeliveries: new DataLoader((ids: readonly number[]) => readRecentDeliveries(db, ids)),
    segmentById: new DataLoader((ids: readonly number[]) => listSegmentsByIds(db, workspaceId, ids)),
    segmentByKey: new DataLoader((keys: readonly string[]) => listSegmentsByKeys(db, workspaceId, keys)),
    segments: createListLoader(db, segmentList),
    statistics: createStatisticsLoader((ids, buckets) => readStatistics(db, ids, buckets)),
    workspaceById: new DataLoader((ids: readonly number[]) => listWorkspacesByIds(db, workspaceId, ids)),
  };
}
