/**
 * The sandbox Kinesis: a local server that speaks the AWS wire protocol over HTTP/1.1, keeps shards, holds shards to
 * their limits, fails on demand and writes down every record it took. For first runs, tests and benchmarks.
 */

import { setMaxListeners } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { handleControlRequest, isControlRequest } from './control.js';
import { parseFaultRules } from './fault-rules.js';
import { type FaultCount, FaultScript } from './fault-script.js';
import type { FaultRule } from './faults.js';
import { Ledger, type LedgerOptions, type StreamTally } from './ledger.js';
import type { SandboxState, SandboxStats } from './request-context.js';
import { type HandlerSetup, handleAwsRequest } from './request-handler.js';
import { RoleSessions, type SandboxRole } from './role-sessions.js';
import { SequenceNumbers } from './sequence-numbers.js';
import type { StreamSettings } from './stream.js';
import { StreamRegistry } from './stream-registry.js';
import type { Limits } from './throughput.js';

/** How a sandbox is set up; everything has a default. */
export interface SandboxOptions {
  /** Default 0: any free port. */
  readonly port?: number;
  /** Address to listen on. Default 127.0.0.1; the sandbox verifies no signatures, so leave it on loopback. */
  readonly host?: string;
  /** Account in ARNs and texts, 12 digits. Default 000000000000. */
  readonly accountId?: string;
  /** Write limits of each shard, unless a stream has its own. Default `aws`. */
  readonly limits?: Limits;
  /** Records kept for readers per stream, bytes; the oldest go first. Default 64 MiB; 0 keeps none. */
  readonly retainBytes?: number;
  readonly ledger?: LedgerOptions;
  readonly faults?: readonly FaultRule[];
  /** Seed of what faults draw. Default 1. */
  readonly seed?: number;
  /** Accepted access key ids. Default: any. */
  readonly accessKeyIds?: readonly string[];
  /** Roles that may be assumed. Default: any, each only with the external id that it was first assumed with. */
  readonly roles?: readonly SandboxRole[];
  /** Clock of limits, timestamps, iterators and sessions, epoch milliseconds. Default `Date.now`. Fault delays are real time. */
  readonly now?: () => number;
}

/** A retained record. */
export interface SandboxRecord {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly shardId: string;
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  /** Decoded. */
  readonly data: Buffer;
}

/** A running sandbox; disposing of it closes all sockets at once. */
export interface Sandbox extends AsyncDisposable {
  /** `http://host:port`. */
  readonly endpoint: string;
  /** Counts since the start; live. */
  readonly stats: Readonly<SandboxStats>;
  /**
   * Creates an ACTIVE stream.
   * @throws {AwsError} if the name is taken or malformed.
   */
  createStream(name: string, shards: number, settings?: Partial<StreamSettings>): void;
  /** Replaces the fault rules and starts their counts anew. @throws {Error} naming the field of a malformed rule. */
  setFaults(rules: readonly FaultRule[], seed?: number): void;
  /** The rules at work and how often each has struck. */
  faultCounts(): FaultCount[];
  /** Replaces the accepted access key ids; null accepts any. */
  setAccessKeyIds(accessKeyIds: readonly string[] | null): void;
  /** Ends all sessions of assumed roles that were given out so far, before their time. */
  endSessions(): void;
  /** Retained records in order of appending, decoded one by one. @throws {AwsError} if the stream does not exist. */
  listRecords(stream: string): Iterable<SandboxRecord>;
  /** What was appended since the start, by stream and shard, retained or not. */
  summarizeLedger(): StreamTally[];
}

const DEFAULT_RETAIN_BYTES = 64 * 1024 * 1024;

/**
 * Starts a sandbox.
 * @throws {Error} if the port is taken, the ledger file cannot be opened or a fault rule is malformed.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const closing = new AbortController();
  // Each answer that is held back listens to it.
  setMaxListeners(0, closing.signal);
  const seed = options.seed ?? 1;
  const setup: HandlerSetup = {
    faultScript: new FaultScript(parseFaultRules(options.faults ?? []), seed),
    accessKeyIds: options.accessKeyIds ? new Set(options.accessKeyIds) : null,
    state: createState(options),
    seed,
    signal: closing.signal,
  };
  const server = createHttpServer(setup);
  const endpoint = await listen(server, options);
  return new RunningSandbox({ endpoint, server, setup, closing });
}

interface RunningParts {
  readonly endpoint: string;
  readonly server: Server;
  readonly setup: HandlerSetup;
  readonly closing: AbortController;
}

class RunningSandbox implements Sandbox {
  readonly endpoint: string;
  readonly stats: Readonly<SandboxStats>;
  private readonly state: SandboxState;

  constructor(private readonly parts: RunningParts) {
    this.endpoint = parts.endpoint;
    this.state = parts.setup.state;
    this.stats = this.state.stats;
  }

  createStream(name: string, shards: number, settings: Partial<StreamSettings> = {}): void {
    this.state.streams.create({ name, shards, settings: { ...this.state.defaultSettings, ...settings } });
  }

  setFaults(rules: readonly FaultRule[], seed: number = this.parts.setup.seed): void {
    this.parts.setup.faultScript = new FaultScript(parseFaultRules(rules), seed);
  }

  faultCounts(): FaultCount[] {
    return this.parts.setup.faultScript.counts();
  }

  setAccessKeyIds(accessKeyIds: readonly string[] | null): void {
    this.parts.setup.accessKeyIds = accessKeyIds === null ? null : new Set(accessKeyIds);
  }

  endSessions(): void {
    this.state.sessions.endAll();
  }

  *listRecords(stream: string): Generator<SandboxRecord> {
    for (const record of this.state.streams.get(stream).records) {
      yield {
        at: record.at,
        shardId: record.shard.id,
        sequenceNumber: this.state.sequences.format(record.sequence),
        partitionKey: record.partitionKey,
        data: Buffer.from(record.data, 'base64'),
      };
    }
  }

  summarizeLedger(): StreamTally[] {
    return this.state.ledger.summarize();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.parts.closing.signal.aborted) {
      return;
    }
    this.parts.closing.abort();
    const closed = new Promise((resolve) => this.parts.server.close(resolve));
    this.parts.server.closeAllConnections();
    await closed;
    this.state.ledger.close();
  }
}

function createState(options: SandboxOptions): SandboxState {
  const now = options.now ?? Date.now;
  const accountId = options.accountId ?? '000000000000';
  const ledger = new Ledger(options.ledger ?? {});
  const sequences = new SequenceNumbers(now());
  return {
    streams: new StreamRegistry(accountId, { sequences, ledger, now }),
    sequences,
    ledger,
    sessions: new RoleSessions(options.roles ?? null),
    now,
    accountId,
    stats: {
      requests: Object.create(null),
      accessKeys: Object.create(null),
      records: 0,
      bytes: 0,
      throttledRecords: 0,
      faultedRecords: 0,
    },
    defaultSettings: {
      mode: 'PROVISIONED',
      recordDistribution: 'USER_PARTITION_KEY',
      maxRecordSizeKiB: 1024,
      limits: options.limits ?? 'aws',
      keyId: null,
      retainBytes: options.retainBytes ?? DEFAULT_RETAIN_BYTES,
    },
  };
}

function createHttpServer(setup: HandlerSetup): Server {
  // Slow requests are the tests' business, not the server's: no time-outs but for idle connections.
  const settings = { keepAliveTimeout: 60_000, requestTimeout: 0, noDelay: true };
  return createServer(settings, (request, response) => {
    handle(request, response, setup).catch((error: unknown) => {
      if (!setup.signal.aborted) {
        throw error;
      }
    });
  });
}

function handle(request: IncomingMessage, response: ServerResponse, setup: HandlerSetup): Promise<void> {
  return isControlRequest(request)
    ? handleControlRequest(request, response, setup)
    : handleAwsRequest(request, response, setup);
}

function listen(server: Server, options: SandboxOptions): Promise<string> {
  const host = options.host ?? '127.0.0.1';
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, host, () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      resolve(`http://${host.includes(':') ? `[${host}]` : host}:${port}`);
    });
  });
}
