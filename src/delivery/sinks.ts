/** One producer and keep-alive client for each destination, made anew when its settings or its secret change. */

import type { Logger } from 'pino';
import { BodyMemory } from '../kinesis/body-memory.js';
import { createKinesisClient, type KinesisConnection } from '../kinesis/client.js';
import type { KeySource } from '../kinesis/keys.js';
import { createProducer, type Producer } from '../kinesis/producer.js';
import { ShardPacer } from '../kinesis/shard-pacer.js';
import type { Db } from '../storage/database.js';
import type { DeliveryTarget } from '../storage/delivery-target.js';
import { StreamWatch } from './stream-watch.js';

/** Finds who signs for a destination. */
export type FindKeys = (target: DeliveryTarget) => KeySource;

/** The way to one stream. */
export interface Sink extends Producer {
  readonly watch: StreamWatch;
}

/** Sinks by destination. */
export interface Sinks extends AsyncDisposable {
  /** The sink for a destination as the page read it; the previous one is closed once the calls under way are over. */
  sinkFor(target: DeliveryTarget): Sink;
  /**
   * A credential got another secret: pages that were read before send nothing more, and are read anew.
   * @param version of the credential, since that.
   */
  noteRotation(credentialId: number, version: number): void;
}

/** What sinks need. */
export interface SinkOptions {
  db: Db;
  log: Logger;
  findKeys: FindKeys;
  /** Another address than AWS's, only by the operator: the sandbox, a private endpoint. */
  endpoint?: string;
  /** Asked before each PutRecords attempt: whether the worker's lease has time left. */
  mayAttempt: () => boolean;
}

/** A sink that nobody used for so long is closed, in ms: its destination may be deleted, or another process's. */
const IDLE_MS = 600_000;

/** Makes the set of sinks of one process. */
export function createSinks(options: SinkOptions): Sinks {
  const sinks = new Map<number, OpenSink>();
  const closing = new Set<Promise<void>>();
  const memory = new BodyMemory();
  /** Versions of credentials with another secret than before, as far as this process was told. */
  const rotated = new Map<number, number>();
  return {
    sinkFor(target) {
      const { id: credentialId, version } = target.credential;
      const name = `${target.version}/${credentialId}/${version}`;
      const current = sinks.get(target.destinationId);
      if (current?.name === name) return current;
      if (current) own(closing, current.retire());
      for (const [id, idle] of sinks) if (idle.isIdle(IDLE_MS) && sinks.delete(id)) own(closing, idle.retire());
      const mayAttempt = () => version >= (rotated.get(credentialId) ?? 0) && options.mayAttempt();
      const sink = new OpenSink(target, { name, options: { ...options, mayAttempt }, memory });
      sinks.set(target.destinationId, sink);
      return sink;
    },
    noteRotation(credentialId, version) {
      rotated.set(credentialId, Math.max(version, rotated.get(credentialId) ?? 0));
    },
    async [Symbol.asyncDispose]() {
      for (const sink of sinks.values()) own(closing, sink.retire());
      sinks.clear();
      await Promise.all(closing);
    },
  };
}

function own(closing: Set<Promise<void>>, promise: Promise<void>): void {
  closing.add(promise);
  void promise.finally(() => closing.delete(promise));
}

class OpenSink implements Sink {
  readonly name: string;
  readonly watch: StreamWatch;
  readonly #connection: KinesisConnection;
  readonly #producer: Producer;
  #callsUnderWay = 0;
  #usedAtMs = performance.now();
  #isRetired = false;

  constructor(
    target: DeliveryTarget,
    { name, options, memory }: { name: string; options: SinkOptions; memory: BodyMemory },
  ) {
    const { destinationId: id, version, stream } = target;
    this.name = name;
    this.#connection = createKinesisClient({
      region: target.region,
      keys: options.findKeys(target),
      ...(options.endpoint !== undefined && { endpoint: options.endpoint }),
      memory,
    });
    const pacer = new ShardPacer();
    const { putRecords } = this.#connection;
    this.#producer = createProducer({ putRecords, stream, pacer, mayAttempt: options.mayAttempt });
    const { db, log } = options;
    this.watch = new StreamWatch({
      db,
      log,
      destination: { id, version },
      stream,
      connection: this.#connection,
      pacer,
    });
  }

  async produce(...call: Parameters<Producer['produce']>): ReturnType<Producer['produce']> {
    this.#callsUnderWay += 1;
    this.#usedAtMs = performance.now();
    try {
      await this.watch.noteUse();
      return await this.#producer.produce(...call);
    } finally {
      this.#callsUnderWay -= 1;
      if (this.#isRetired && this.#callsUnderWay === 0) this.#connection.destroy();
    }
  }

  /** Whether it was not used for so long, in ms. */
  isIdle(forMs: number): boolean {
    return this.#callsUnderWay === 0 && performance.now() - this.#usedAtMs > forMs;
  }

  /** Closes once the calls under way are over. */
  async retire(): Promise<void> {
    this.#isRetired = true;
    await this.watch[Symbol.asyncDispose]();
    if (this.#callsUnderWay === 0) this.#connection.destroy();
  }
}
