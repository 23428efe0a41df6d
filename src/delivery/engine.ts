/** The delivery engine of a process: one worker that claims lanes, works several at once, and hands them back. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { PROBE_INTERVAL_MS } from '../domain/destination.js';
import { toLaneKey } from '../domain/lane.js';
import { fromRotationKey } from '../domain/rotation-key.js';
import type { Db } from '../storage/database.js';
import { claimLanes, countBusyLanes, type LaneClaim } from '../storage/lanes.js';
import { removeDeadWorkers } from '../storage/workers.js';
import { ByteBudget } from './byte-budget.js';
import { CallHistory } from './call-history.js';
import { Convoys } from './convoys.js';
import { createCredentialUse, type NoteCredentialUse } from './credential-use.js';
import { type Failpoint, noFailpoint } from './failpoint.js';
import { LaneBell } from './lane-bell.js';
import { LanePlaces } from './lane-places.js';
import { type LaneRunContext, runLane } from './lane-run.js';
import { WorkerLease } from './lease.js';
import { type DeliveryMetrics, noDeliveryMetrics } from './metrics.js';
import { type SendContext, sendPages } from './send.js';
import { createSinks, type FindKeys, type Sinks } from './sinks.js';

/** What the engine needs. */
export interface EngineOptions {
  db: Db;
  log: Logger;
  /** Shown in the worker table, such as host and process id. */
  name: string;
  findKeys: FindKeys;
  /** Another address than AWS's; only the operator gives one. */
  endpoint?: string;
  /** Lanes that take a step at one time, 1–64; those that only wait for an answer come on top, see {@link LanePlaces}. */
  maxLanes: number;
  /** How long a silent worker keeps its lanes, in ms. */
  leaseMs: number;
  /** Publishes a key on a channel after a commit: `delivery_event` and `lane_work`, with the destination's id. */
  notify(channel: 'delivery_event' | 'lane_work', key: string): void;
  metrics?: DeliveryMetrics;
  failpoint?: Failpoint;
  /** How long a halted or degraded destination is left alone between two probes, in ms. Default 15,000. */
  probeIntervalMs?: number;
}

/** Channel on which workers are told of a lane, or of a whole destination (its id is the key), that it may have work. */
export const LANE_WORK_CHANNEL = 'lane_work';
/** Channel on which workers are told that a credential got another secret, with the key of {@link toRotationKey}. */
export const ROTATION_CHANNEL = 'credential_rotation';

/** How often free lanes are looked for when nobody calls, in ms. */
const POLL_MS = 1_000;
/** Lanes that a worker owns at one time: those of 32 busy destinations. */
const MAX_OWNED = 512;
/**
 * How long nothing is claimed after a claim, as a multiple of what it took: it looks at every lane there is, and each lane
 * that ends asks for one. With 1,600 lanes a claim takes 30 ms of PostgreSQL, one after the other as much as all the rest.
 */
const REST_PER_CLAIM = 4;
/** The longest such rest, in ms: on a machine that is short of time a claim takes long without costing much. */
const MAX_REST_MS = 200;
/** How long a lane is kept at least by a worker that owns as many as it may, in ms. */
const TURN_MS = 1_000;
/** Bytes of profiles that all pages under way may hold, and those of one destination. */
const TOTAL_BYTES = 64 * 1024 * 1024;
const DESTINATION_BYTES = 16 * 1024 * 1024;
/** How long a worker that could not register waits, in ms. */
const REGISTER_RETRY_MS = 500;

/** A running engine; disposing finishes the pages under way, gives the lanes back and takes the worker off the books. */
export class DeliveryEngine implements AsyncDisposable {
  readonly #options: EngineOptions;
  readonly #stopping = new AbortController();
  readonly #runs = new Map<string, { claim: LaneClaim; bell: LaneBell; ended: Promise<void> }>();
  readonly #places: LanePlaces;
  readonly #budget = new ByteBudget({ totalBytes: TOTAL_BYTES, destinationBytes: DESTINATION_BYTES });
  /** Lanes of whose last run nothing came: left alone for a poll, else they are claimed again in a hot loop. */
  readonly #leftAlone = new Map<string, LaneClaim>();
  readonly #history = new CallHistory();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #noteCredentialUse: NoteCredentialUse;
  #share = Number.POSITIVE_INFINITY;
  #endPause: () => void = () => {};
  /** Woken since the last look for work: also while nobody paused. */
  #woken = false;
  #running: Promise<void> | null = null;
  #sinks: Sinks | null = null;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#places = new LanePlaces(options.maxLanes);
    this.#noteCredentialUse = createCredentialUse(options.db);
  }

  /** Starts to work. */
  start(): void {
    this.#running ??= this.#run();
  }

  /**
   * Looks for work now instead of at the next poll.
   * @param keys as {@link toLaneKey} makes them: the lanes that may have work. None: any may.
   */
  wake(keys: readonly string[] = []): void {
    const rung = keys.filter((key) => this.#ring(key));
    if (keys.length > 0 && rung.length === keys.length) return;
    if (keys.length === 0) for (const { bell } of this.#runs.values()) bell.ring('anything');
    this.#lookForLanes();
  }

  /** @returns whether the key is that of a lane which this worker owns: nothing has to be claimed for it. */
  #ring(key: string): boolean {
    const run = this.#runs.get(key);
    run?.bell.ring('records');
    if (run) return true;
    // The key of a whole destination.
    for (const { claim, bell } of this.#runs.values()) if (String(claim.destinationId) === key) bell.ring('anything');
    return false;
  }

  /** Nothing more is signed with the secrets that these credentials had before. @param keys as {@link toRotationKey} makes them. */
  noteRotations(keys: readonly string[]): void {
    for (const key of keys) {
      const { credentialId, version } = fromRotationKey(key);
      this.#sinks?.noteRotation(credentialId, version);
    }
  }

  #lookForLanes(): void {
    this.#woken = true;
    this.#endPause();
  }

  /** Resolves when the pages under way are settled and the lanes are given back. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    this.#lookForLanes();
    await this.#running;
    for (const timer of this.#timers) clearTimeout(timer);
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const lease = await this.#register();
      if (!lease) continue;
      await using sinks = createSinks({
        db: this.#options.db,
        log: this.#options.log,
        findKeys: this.#options.findKeys,
        ...(this.#options.endpoint !== undefined && { endpoint: this.#options.endpoint }),
        mayAttempt: () => lease.mayAttempt(),
      });
      this.#sinks = sinks;
      await this.#work(lease, this.#laneContext(sinks, lease.lost));
      // A lane is claimed again only after its own old call has settled.
      await Promise.all([...this.#runs.values()].map((run) => run.ended));
      await lease[Symbol.asyncDispose]();
    }
  }

  async #register(): Promise<WorkerLease | null> {
    const { db, log, name, leaseMs } = this.#options;
    try {
      await removeDeadWorkers(db);
      return await WorkerLease.acquire({ db, log, name, leaseMs });
    } catch (error) {
      log.warn({ err: error }, 'the worker could not register; it tries again');
      await this.#pause(REGISTER_RETRY_MS);
      return null;
    }
  }

  async #work(lease: WorkerLease, context: LaneRunContext): Promise<void> {
    const over = AbortSignal.any([lease.lost, this.#stopping.signal]);
    while (!over.aborted) {
      this.#woken = false;
      const startedAt = performance.now();
      const claims = await this.#claim(lease);
      const tookMs = performance.now() - startedAt;
      for (const claim of claims) this.#startLane(lease, context, claim);
      if (claims.length === 0) await this.#pause(POLL_MS, over);
      await sleep(Math.min(tookMs * REST_PER_CLAIM, MAX_REST_MS), undefined, { signal: over }).catch(() => undefined);
    }
  }

  async #claim(lease: WorkerLease): Promise<LaneClaim[]> {
    const { db, log, metrics } = this.#options;
    try {
      this.#share =
        lease.workers > 1 ? Math.ceil((await countBusyLanes(db)) / lease.workers) : Number.POSITIVE_INFINITY;
      const limit = Math.min(MAX_OWNED, Math.max(1, this.#share)) - this.#runs.size;
      if (limit <= 0) return [];
      const exclude = [...[...this.#runs.values()].map((run) => run.claim), ...this.#leftAlone.values()];
      const claims = await claimLanes(db, lease.workerId, { limit, exclude });
      metrics?.takeovers(claims.filter((claim) => claim.takenOver).length);
      return claims;
    } catch (error) {
      log.warn({ err: error }, 'lanes could not be claimed; it is tried again');
      return [];
    }
  }

  #startLane(lease: WorkerLease, context: LaneRunContext, claim: LaneClaim): void {
    const key = toLaneKey(claim);
    const bell = new LaneBell();
    const over = AbortSignal.any([lease.lost, this.#stopping.signal]);
    const claimedAt = performance.now();
    const limits = {
      lost: lease.lost,
      mayContinue: () =>
        !this.#stopping.signal.aborted && this.#runs.size <= Math.max(1, this.#share) && !this.#isTurnOver(claimedAt),
      rest: () => bell.wait(POLL_MS, over),
    };
    const ended = runLane(context, claim, limits).then((progress) => {
      this.#runs.delete(key);
      if (!progress) this.#leaveAlone(key, claim);
      this.#lookForLanes();
    });
    this.#runs.set(key, { claim, bell, ended });
  }

  /** A worker that owns all lanes that it may own gives each back after a while: else those of others never get a turn. */
  #isTurnOver(claimedAt: number): boolean {
    return this.#runs.size >= MAX_OWNED && performance.now() - claimedAt > TURN_MS;
  }

  #leaveAlone(key: string, claim: LaneClaim): void {
    this.#leftAlone.set(key, claim);
    this.#after(POLL_MS, () => {
      this.#leftAlone.delete(key);
      this.#lookForLanes();
    });
  }

  #laneContext(sinks: Sinks, lost: AbortSignal): LaneRunContext {
    const { db, log, notify, metrics, failpoint } = this.#options;
    const context: SendContext = {
      db,
      log,
      sinks,
      budget: this.#budget,
      metrics: metrics ?? noDeliveryMetrics,
      failpoint: failpoint ?? noFailpoint,
      noteCredentialUse: this.#noteCredentialUse,
      probeIntervalMs: this.#options.probeIntervalMs ?? PROBE_INTERVAL_MS,
      history: this.#history,
      announceEvents: (destinationId) => notify('delivery_event', String(destinationId)),
      announceWork: (destinationId) => {
        this.wake([String(destinationId)]);
        notify(LANE_WORK_CHANNEL, String(destinationId));
      },
      wakeAfter: (claim, delayMs) => this.#after(delayMs, () => this.wake([toLaneKey(claim)])),
    };
    const source = { kind: 'pending' } as const;
    const places = this.#places;
    const convoys = new Convoys((claims) =>
      places.run((watchCall) => sendPages(context, claims, { source, lost, watchCall })),
    );
    return { ...context, convoys, places };
  }

  #after(delayMs: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, delayMs);
    this.#timers.add(timer);
  }

  /** Waits until woken, aborted, or so many milliseconds later. */
  #pause(delayMs: number, signal: AbortSignal = this.#stopping.signal): Promise<void> {
    if (signal.aborted || this.#woken) {
      this.#woken = false;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        this.#endPause = () => {};
        resolve();
      };
      const timer = setTimeout(end, delayMs);
      signal.addEventListener('abort', end, { once: true });
      this.#endPause = end;
    });
  }
}
