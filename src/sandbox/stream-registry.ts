/** The streams of a sandbox by name, and how a request names one. */

import { AwsError, constraintBroken, invalidArgument, streamNotFound } from './aws-error.js';
import { Stream, type StreamSettings, type StreamSurroundings } from './stream.js';
import { findText, type WireInput } from './wire-input.js';

/** A stream to create; what is left out falls back to the sandbox's defaults. */
export interface StreamOrder {
  /** 1 to 128 characters of `a-z A-Z 0-9 _ . -`. */
  readonly name: string;
  /** Open shards to begin with, 1 to 10,000. */
  readonly shards: number;
  readonly settings: StreamSettings;
}

const MAX_SHARDS = 10_000;
const NAME = /^[a-zA-Z0-9_.-]{1,128}$/;
const ARN = /^arn:aws[a-z-]*:kinesis:[^:]*:\d{12}:stream\/(\S+)$/;

/** All streams of one sandbox. */
export class StreamRegistry {
  private readonly streams = new Map<string, Stream>();

  constructor(
    private readonly accountId: string,
    private readonly surroundings: StreamSurroundings,
  ) {}

  /** @throws {AwsError} `ResourceInUseException` if the name is taken, `ValidationException` if name or shards are out of bounds. */
  create(order: StreamOrder): Stream {
    checkName(order.name);
    if (!Number.isInteger(order.shards) || order.shards < 1 || order.shards > MAX_SHARDS) {
      throw constraintBroken('shardCount', `be a whole number from 1 to ${MAX_SHARDS}`);
    }
    if (this.streams.has(order.name)) {
      const message = `Stream ${order.name} under account ${this.accountId} already exists.`;
      throw new AwsError('ResourceInUseException', message);
    }
    const stream = new Stream(order.name, order.settings, this.surroundings);
    stream.openInitialShards(order.shards);
    this.streams.set(order.name, stream);
    return stream;
  }

  /** @throws {AwsError} `ResourceNotFoundException`. */
  get(name: string): Stream {
    const stream = this.streams.get(name);
    if (!stream) {
      throw streamNotFound(name, this.accountId);
    }
    return stream;
  }

  /** The stream that a request names by `StreamName` or `StreamARN` (its region and account are not compared). */
  getNamed(input: WireInput): Stream {
    const name = findStreamName(input);
    if (name === undefined) {
      throw invalidArgument('A StreamName or a StreamARN is needed.');
    }
    checkName(name);
    return this.get(name);
  }

  delete(stream: Stream): void {
    this.streams.delete(stream.name);
  }

  /** All streams in order of name. */
  list(): Stream[] {
    return [...this.streams.values()].sort((left, right) => (left.name < right.name ? -1 : 1));
  }
}

/**
 * The stream name that a request gives, by name or ARN.
 * @throws {AwsError} if the ARN is malformed or names another stream than `StreamName`.
 */
export function findStreamName(input: WireInput): string | undefined {
  const name = findText(input, 'StreamName');
  const arn = findText(input, 'StreamARN');
  if (arn === undefined) {
    return name;
  }
  const named = ARN.exec(arn)?.[1];
  if (named === undefined) {
    throw constraintBroken('streamARN', `satisfy regular expression pattern: ${ARN.source}`);
  }
  if (name !== undefined && name !== named) {
    throw invalidArgument(`StreamARN names the stream ${named}, StreamName another one: leave one of them out.`);
  }
  return named;
}

function checkName(name: string): void {
  if (!NAME.test(name)) {
    throw constraintBroken('streamName', `satisfy regular expression pattern: ${NAME.source}`);
  }
}
