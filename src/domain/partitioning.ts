/** Partitioning: how the records of a destination would spread over the shards of its stream. */

import { randomUUID } from 'node:crypto';
import type { Finding } from '../kinesis/call-fault.js';
import type { RegionAccess } from '../kinesis/inspection.js';
import type { OpenShard } from '../kinesis/shards.js';
import { loadSecret } from '../storage/credentials.js';
import type { Db } from '../storage/database.js';
import { findDestination } from '../storage/destinations.js';
import { drawMembers, type SampledMember } from '../storage/member-sample.js';
import { readPageProfiles } from '../storage/page-profiles.js';
import { AWS_DEADLINE_MS, toAwsError } from './aws-error.js';
import { noteUse, openIdentity, type SealedIdentity } from './credential.js';
import type { Destination } from './destination.js';
import { statementFor } from './iam-statement.js';
import { InputIssues } from './input-issues.js';
import { choosePartitionKey, keepsOrder, type PartitionKey } from './partition-key.js';
import { checkPartitionKey, type PartitionKeyInput, toPartitionKey } from './partition-key-input.js';
import type { SecretSeal } from './secret-seal.js';

/** A stream, and who asks for it. */
export interface StreamAccess extends RegionAccess {
  /** Name or ARN. */
  stream: string;
}

/** The shards of a stream in the order of their ranges, or why they cannot be read. */
export type ShardListing = Finding<readonly OpenShard[]>;

/** What this service asks of Amazon Kinesis; joined in `services.ts`. */
export interface ShardMap {
  /** Lists the open shards; what goes wrong at AWS is part of the answer, and so is the end of `signal`. */
  list(access: StreamAccess, signal: AbortSignal): Promise<ShardListing>;
  /** The shard that takes a key; null if none does. */
  shardOf(partitionKey: string, shards: readonly OpenShard[]): OpenShard | null;
}

/** Input of {@link Partitioning.preview}. */
export interface PartitioningRequest {
  /** Internal id. */
  destinationId: number;
  /** Null is the destination's own. */
  partitionKey: PartitionKeyInput | null;
  /** 1–10,000. */
  sampleSize: number;
}

/** How a sample would spread. */
export interface PartitioningPreview {
  sampled: number;
  /** Members whose key falls back to the profile id. */
  fallbacks: number;
  /** Whether records of one profile would keep their order. */
  orderGuaranteed: boolean;
  /** Every open shard, in the order of their hash ranges; `share` is 0–1. */
  shards: { shardId: string; records: number; share: number }[];
}

/** Explains how destinations partition. */
export interface Partitioning {
  /** Keeps nothing but `lastUsedAt` of the credential. @throws {InvalidInputError} @throws {AwsError} */
  preview(workspaceId: number, request: PartitioningRequest): Promise<PartitioningPreview>;
}

/** What the service needs. */
export interface PartitioningOptions {
  db: Db;
  seal: SecretSeal;
  shardMap: ShardMap;
}

/** Most members of a sample. */
export const MAX_SAMPLE_SIZE = 10_000;

/** Profiles in memory at once: a profile has up to 256 KiB of attributes. */
const READ_PROFILES = 50;

/** Makes the service. */
export function createPartitioning(options: PartitioningOptions): Partitioning {
  const { db, shardMap } = options;
  return {
    async preview(workspaceId, request) {
      const { destination, partitionKey } = await checkRequest(db, workspaceId, request);
      const shards = await listShards(options, destination);
      const members = await drawMembers(db, destination.id, { size: request.sampleSize, random: Math.random() });
      const tally = { sampled: 0, fallbacks: 0, records: new Map<string, number>() };
      for await (const { key, isFallback } of readKeys(db, members, partitionKey)) {
        const shardId = shardMap.shardOf(key, shards)?.shardId;
        tally.sampled += 1;
        if (isFallback) tally.fallbacks += 1;
        if (shardId !== undefined) tally.records.set(shardId, (tally.records.get(shardId) ?? 0) + 1);
      }
      const { sampled, fallbacks } = tally;
      return {
        sampled,
        fallbacks,
        orderGuaranteed: keepsOrder(partitionKey, destination.streamDetails),
        shards: shards.map(({ shardId }) => {
          const records = tally.records.get(shardId) ?? 0;
          return { shardId, records, share: sampled === 0 ? 0 : records / sampled };
        }),
      };
    },
  };
}

/** @throws {InvalidInputError} with every fault found. */
async function checkRequest(
  db: Db,
  workspaceId: number,
  { destinationId, partitionKey, sampleSize }: PartitioningRequest,
): Promise<{ destination: Destination; partitionKey: PartitionKey }> {
  const issues = new InputIssues([]);
  const destination = await findDestination(db, workspaceId, destinationId);
  if (!destination)
    issues.add('NOT_FOUND', 'destinationId', 'There is no such destination in this workspace: check `destinationId`.');
  const given = partitionKey && toPartitionKey(partitionKey);
  if (given) checkPartitionKey(issues, given);
  if (sampleSize < 1 || sampleSize > MAX_SAMPLE_SIZE)
    issues.add('OUT_OF_RANGE', 'sampleSize', `\`sampleSize\` is ${sampleSize}; give 1–${MAX_SAMPLE_SIZE}.`);
  issues.throwIfAny();
  if (destination) return { destination, partitionKey: given ?? destination.partitionKey };
  throw new Error(`Destination ${destinationId} is missing, and no issue says so.`);
}

/** Asks AWS for the open shards of a stream, for at most 10 s; outside of any transaction. */
export async function askForShards(
  { db, seal, shardMap }: PartitioningOptions,
  target: Pick<Destination, 'region' | 'stream'>,
  secret: SealedIdentity,
): Promise<ShardListing> {
  const { region, stream } = target;
  const identity = openIdentity(seal, secret);
  const listing = await shardMap.list({ region, stream, identity }, AbortSignal.timeout(AWS_DEADLINE_MS));
  await noteUse(db, identity, secret);
  return listing;
}

/** @throws {AwsError} if AWS does not tell. */
async function listShards(options: PartitioningOptions, destination: Destination): Promise<readonly OpenShard[]> {
  const { region, stream, credentialId } = destination;
  const secret = await loadSecret(options.db, credentialId);
  if (!secret) throw new Error(`Destination ${destination.id} was deleted with its credential while it was read.`);
  const listing = await askForShards(options, destination, secret);
  if ('value' in listing) return listing.value;
  throw toAwsError(listing.fault, {
    what: `list the shards of stream ${stream} in ${region}`,
    permission: 'kinesis:ListShards',
    policyStatement: statementFor('kinesis:ListShards', { region, stream, awsIdentity: null }),
    path: ['destinationId'],
  });
}

/** The keys of the members' present state; who was erased meanwhile has none. */
async function* readKeys(
  db: Db,
  members: readonly SampledMember[],
  partitionKey: PartitionKey,
): AsyncGenerator<{ key: string; isFallback: boolean }> {
  for (const { lane, ids } of chunksOf(members)) {
    const profiles = await readPageProfiles(db, lane, ids);
    for (const profile of profiles.values()) yield choosePartitionKey(partitionKey, profile, randomUUID);
  }
}

/** Members of one lane at a time, few enough to be read at once. */
function* chunksOf(members: readonly SampledMember[]): Generator<{ lane: number; ids: number[] }> {
  let chunk: { lane: number; ids: number[] } | null = null;
  for (const { lane, profileKey } of members) {
    if (chunk && (chunk.lane !== lane || chunk.ids.length === READ_PROFILES)) {
      yield chunk;
      chunk = null;
    }
    chunk ??= { lane, ids: [] };
    chunk.ids.push(profileKey);
  }
  if (chunk) yield chunk;
}
