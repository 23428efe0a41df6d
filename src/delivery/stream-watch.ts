/** Looks at a stream while records go to it: its record limit and its shards change under the eyes of nobody else. */

import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { toKinesisStream } from '../domain/kinesis-stream.js';
import { find } from '../kinesis/call-fault.js';
import type { KinesisConnection, StreamSummary } from '../kinesis/client.js';
import type { ShardPacer } from '../kinesis/shard-pacer.js';
import type { Db } from '../storage/database.js';
import { writeRecordLimit, writeStreamDetails } from '../storage/stream-details.js';

/** How often a stream in use is looked at, and when its answers contradict what is known of its shards, in ms. */
const INTERVAL_MS = 60_000;
const CONTRADICTED_MS = 5_000;
/** How long a look that is not permitted is not tried again, in ms. */
const DENIED_MS = 3_600_000;
const DEADLINE_MS = 5_000;
/** How long the first records of a sink wait for the first look: without it a backlog would go to the shards unpaced. */
const FIRST_LOOK_MS = 2_000;

/** What a watch is made of. */
export interface StreamWatchOptions {
  db: Db;
  log: Logger;
  destination: { id: number; version: number };
  /** Name or ARN. */
  stream: string;
  connection: Pick<KinesisConnection, 'describeStream' | 'listShards'>;
  pacer: ShardPacer;
}

/** Watches one stream with one client. */
export class StreamWatch implements AsyncDisposable {
  readonly #options: StreamWatchOptions;
  readonly #stopping = new AbortController();
  #looking: Promise<StreamSummary | null> | null = null;
  #firstLook: Promise<unknown> | null = null;
  #found: StreamSummary | null = null;
  #isDenied = false;
  #nextLookMs = Number.NEGATIVE_INFINITY;
  #lookedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: StreamWatchOptions) {
    this.#options = options;
  }

  /** The stream is in use: looks at it, aside, if that is due. The first use waits for that look, {@link FIRST_LOOK_MS} at most. */
  async noteUse(): Promise<void> {
    const nowMs = performance.now();
    const isSuspicious = this.#options.pacer.isContradicted && nowMs - this.#lookedAtMs > CONTRADICTED_MS;
    const looking = nowMs >= this.#nextLookMs || (isSuspicious && !this.#isDenied) ? this.look() : null;
    this.#firstLook ??= Promise.race([looking, delay(FIRST_LOOK_MS, null, { ref: false })]);
    await this.#firstLook;
  }

  /**
   * Looks at the stream unless it did since `sinceMs` of the monotonic clock, and keeps what is found.
   * @returns null if AWS does not tell; never rejects.
   */
  look(sinceMs = Number.POSITIVE_INFINITY): Promise<StreamSummary | null> {
    if (this.#looking) return this.#looking;
    if (this.#lookedAtMs >= sinceMs) return Promise.resolve(this.#found);
    this.#looking = this.#look().finally(() => {
      this.#looking = null;
    });
    return this.#looking;
  }

  /** Keeps a record limit that AWS named in a refusal. */
  async keepLimit(maxRecordBytes: number): Promise<void> {
    await this.#keep((db, of) => writeRecordLimit(db, of, maxRecordBytes));
  }

  /** Ends a look under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await this.#looking;
  }

  async #look(): Promise<StreamSummary | null> {
    const { connection, stream, pacer } = this.#options;
    const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(DEADLINE_MS)]);
    this.#lookedAtMs = performance.now();
    const [summary, shards] = await Promise.all([
      find(connection.describeStream(stream, signal)),
      find(connection.listShards(stream, signal)),
    ]);
    this.#isDenied = [summary, shards].every(
      (found) => 'fault' in found && found.fault.kind === 'refused' && found.fault.cause === 'ACCESS_DENIED',
    );
    // Spread, so that a thousand destinations do not ask in the same second.
    this.#nextLookMs = performance.now() + (this.#isDenied ? DENIED_MS : INTERVAL_MS) * (0.75 + Math.random() / 2);
    if ('value' in shards) pacer.replaceShards(shards.value);
    this.#found = 'value' in summary ? summary.value : null;
    if (!('value' in summary)) return null;
    pacer.keysDecide = !summary.value.ignoresPartitionKeys;
    const details = toKinesisStream(summary.value);
    await this.#keep((db, of) => writeStreamDetails(db, of, details));
    return summary.value;
  }

  /** What was sent is not sent again because a description could not be kept: the next look finds it anew. */
  async #keep(write: (db: Db, of: { id: number; version: number }) => Promise<void>): Promise<void> {
    const { db, destination, log } = this.#options;
    if (this.#stopping.signal.aborted) return;
    try {
      await write(db, destination);
    } catch (error) {
      log.warn({ err: error, destinationId: destination.id }, 'what was found of a stream could not be kept');
    }
  }
}
