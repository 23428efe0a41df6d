/** The shard map: which shards of a stream take records, and which of them a partition key falls to. */

import { hash } from 'node:crypto';
import { type KinesisClient, ListShardsCommand, type ListShardsCommandOutput } from '@aws-sdk/client-kinesis';
import { addressOf } from './body.js';
import { ShardRanges } from './shard-ranges.js';

/**
 * An open shard with its part of the key space, both ends included, as 32 lower-case hex digits each: text of one
 * length sorts like the number, and spares a BigInt a key.
 */
export interface OpenShard {
  readonly shardId: string;
  readonly firstHashKey: string;
  readonly lastHashKey: string;
}

/** An answer of AWS that holds no shards, or shards without an id or a range. */
export class UnreadableShardsError extends Error {
  override readonly name = 'UnreadableShardsError';
}

/**
 * Lists the open shards of a stream, all pages.
 * @param stream name or ARN.
 * @returns in the order of their ranges.
 * @throws the SDK's own error, whose `name` is the wire code; {@link UnreadableShardsError}; or an abort.
 * @see https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListShards.html
 */
export async function listOpenShards(client: KinesisClient, stream: string, signal: AbortSignal): Promise<OpenShard[]> {
  const shards: OpenShard[] = [];
  let page: ListShardsCommandOutput | null = null;
  do {
    page = await client.send(new ListShardsCommand(pageRequest(stream, page)), { abortSignal: signal });
    if (!page.Shards) throw new UnreadableShardsError('ListShards was answered without a list of shards.');
    // Once more here: whether a token remembers the filter is nowhere promised.
    for (const shard of page.Shards)
      if (!shard.SequenceNumberRange?.EndingSequenceNumber) shards.push(readShard(shard));
  } while (page.NextToken);
  return shards.sort((a, b) => (a.firstHashKey < b.firstHashKey ? -1 : 1));
}

/** The hash key of a partition key, the MD5 of its UTF-8 bytes: 32 lower-case hex digits. */
export function hashKeyOf(partitionKey: string): string {
  return hash('md5', partitionKey, 'hex');
}

/**
 * The shard that takes a record with this key: the one whose range holds the MD5 of the key's UTF-8 bytes.
 * @param shards in the order of their ranges, as {@link listOpenShards} gives them.
 * @returns null if no range holds it: the list is of a stream that was just being resharded.
 */
export function shardOf(partitionKey: string, shards: readonly OpenShard[]): OpenShard | null {
  const ranges = new ShardRanges();
  ranges.replace(shards);
  return ranges.find(hashKeyOf(partitionKey));
}

/** A token stands for the stream and the filter: AWS refuses it beside a stream's name. */
function pageRequest(stream: string, previous: ListShardsCommandOutput | null) {
  if (previous?.NextToken) return { NextToken: previous.NextToken };
  return { ...addressOf(stream), ShardFilter: { Type: 'AT_LATEST' as const } };
}

function readShard(shard: NonNullable<ListShardsCommandOutput['Shards']>[number]): OpenShard {
  const { StartingHashKey: first = '', EndingHashKey: last = '' } = shard.HashKeyRange ?? {};
  if (!shard.ShardId || !HASH_KEY.test(first) || !HASH_KEY.test(last))
    throw new UnreadableShardsError('ListShards was answered with a shard that has no id or no range.');
  return { shardId: shard.ShardId, firstHashKey: toHex(first), lastHashKey: toHex(last) };
}

/** A number below 2^128 has at most 39 decimal digits. */
const HASH_KEY = /^\d{1,39}$/;

function toHex(hashKey: string): string {
  return BigInt(hashKey).toString(16).padStart(32, '0');
}
