/** Shard iterators: opaque texts for a place in a shard, and GetShardIterator that gives the first one. */

import { AwsError, invalidArgument, shardNotFound } from './aws-error.js';
import type { RequestContext, SandboxState } from './request-context.js';
import type { Shard } from './shard.js';
import type { Stream } from './stream.js';
import { findText, findTimestampMs, findWord, getText, isWireInput, type WireInput } from './wire-input.js';

/** A place in a shard: the next record read is the first with this sequence number or a later one. */
export interface ShardPosition {
  readonly stream: string;
  readonly shardId: string;
  /** The shard's first sequence number: tells it from the same shard of a later stream of that name. */
  readonly shardStart: number;
  readonly sequence: number;
  readonly issuedAt: number;
}

const ITERATOR_TYPES = [
  'TRIM_HORIZON',
  'LATEST',
  'AT_SEQUENCE_NUMBER',
  'AFTER_SEQUENCE_NUMBER',
  'AT_TIMESTAMP',
] as const;
const ITERATOR_LIFETIME_MS = 5 * 60 * 1000;

/** Answers an iterator, valid for five minutes. */
export function getShardIterator(input: WireInput, context: RequestContext): string {
  const stream = context.state.streams.getNamed(input);
  const shard = getShard(stream, getText(input, 'ShardId'), context.state);
  const sequence = startingSequence(input, shard, context.state);
  return JSON.stringify({ ShardIterator: iteratorAt(stream, shard, { sequence, state: context.state }) });
}

/** The opaque text of a place in a shard, valid for five minutes. */
export function iteratorAt(stream: Stream, shard: Shard, next: { sequence: number; state: SandboxState }): string {
  const position: ShardPosition = {
    stream: stream.name,
    shardId: shard.id,
    shardStart: shard.startSequence,
    sequence: next.sequence,
    issuedAt: next.state.now(),
  };
  return Buffer.from(JSON.stringify(position)).toString('base64');
}

/** @throws {AwsError} `InvalidArgumentException`, or `ExpiredIteratorException` after five minutes. */
export function parseIterator(text: string, state: SandboxState): ShardPosition {
  const position = decodeIterator(text);
  if (position === null) {
    throw invalidArgument('Invalid ShardIterator.');
  }
  if (state.now() - position.issuedAt > ITERATOR_LIFETIME_MS) {
    throw new AwsError('ExpiredIteratorException', 'Iterator expired: it was issued more than 5 minutes ago.');
  }
  return position;
}

/** @throws {AwsError} `ResourceNotFoundException`. */
export function getShard(stream: Stream, shardId: string, state: SandboxState): Shard {
  const shard = stream.shards.get(shardId);
  if (!shard) {
    throw shardNotFound(shardId, stream.name, state.accountId);
  }
  return shard;
}

function startingSequence(input: WireInput, shard: Shard, state: SandboxState): number {
  const type = findWord(input, 'ShardIteratorType', ITERATOR_TYPES);
  switch (type) {
    case 'TRIM_HORIZON':
      return shard.startSequence;
    case 'LATEST':
      return state.sequences.next();
    case 'AT_SEQUENCE_NUMBER':
      return parseSequence(input, state);
    case 'AFTER_SEQUENCE_NUMBER':
      return parseSequence(input, state) + 1;
    case 'AT_TIMESTAMP':
      return sequenceAtTime(input, shard, state);
    default:
      throw invalidArgument(`A ShardIteratorType is needed: ${ITERATOR_TYPES.join(', ')}.`);
  }
}

function parseSequence(input: WireInput, state: SandboxState): number {
  const text = findText(input, 'StartingSequenceNumber');
  if (text === undefined) {
    throw invalidArgument('This ShardIteratorType needs a StartingSequenceNumber.');
  }
  const sequence = state.sequences.parse(text);
  if (sequence === null) {
    throw invalidArgument(`StartingSequenceNumber ${text} is invalid: it was not given by this stream.`);
  }
  return sequence;
}

function sequenceAtTime(input: WireInput, shard: Shard, state: SandboxState): number {
  const at = findTimestampMs(input, 'Timestamp');
  if (at === undefined) {
    throw invalidArgument('The ShardIteratorType AT_TIMESTAMP needs a Timestamp.');
  }
  if (at > state.now()) {
    throw invalidArgument('The Timestamp of an iterator must not lie in the future.');
  }
  return shard.records.at(shard.records.indexOfTime(at))?.sequence ?? state.sequences.next();
}

function decodeIterator(text: string): ShardPosition | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64').toString('utf8'));
    return isWireInput(value) ? toPosition(value) : null;
  } catch {
    return null;
  }
}

function toPosition({ stream, shardId, shardStart, sequence, issuedAt }: WireInput): ShardPosition | null {
  const isPosition =
    typeof stream === 'string' &&
    typeof shardStart === 'number' &&
    typeof shardId === 'string' &&
    typeof sequence === 'number' &&
    typeof issuedAt === 'number';
  return isPosition ? { stream, shardId, shardStart, sequence, issuedAt } : null;
}
