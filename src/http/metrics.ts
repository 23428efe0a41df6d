/** Metrics of one process in the Prometheus text format. */

import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** What is read from the database at scrape time. */
export interface BookFigures {
  pendingRecords: number;
  oldestPendingSeconds: number;
  unaccountedRecords: number;
}

/** What metrics are made from. */
export interface MetricsParts {
  /** Reads the books of all exports; called at most once in {@link BOOKS_TTL_MS}. */
  readBooks(): Promise<BookFigures>;
  log: Pick<FastifyBaseLogger, 'warn'>;
  /** Monotonic milliseconds. Default `performance.now`. */
  now?: () => number;
}

/** The metrics of one process. */
export interface Metrics {
  /** One function a counter, adding to it; the delivery engine's part. */
  readonly delivery: Record<CounterName, (count: number) => void>;
  /** Notes an answered request. @param route the pattern, not the address: addresses are without bound. */
  observeRequest(request: { method: string; route: string; status: number; seconds: number }): void;
  readonly contentType: string;
  /** All metrics as text. The gauges from the database are `NaN` while it does not answer. */
  render(): Promise<string>;
}

/** How long figures from the database serve, in ms. */
export const BOOKS_TTL_MS = 5_000;

/** The delivery engine's counters. */
type CounterName = keyof typeof COUNTERS;

const COUNTERS = {
  accepted: ['tributary_records_accepted_total', 'Records put into exports.'],
  delivered: ['tributary_records_delivered_total', 'Records with a shard and sequence number from AWS.'],
  failed: ['tributary_records_failed_total', 'Records given up on.'],
  skipped: ['tributary_records_skipped_total', 'Records left out with a reason.'],
  attempts: ['tributary_record_attempts_total', 'Records sent to AWS, repetitions included.'],
  throttled: ['tributary_records_throttled_total', 'Records that AWS refused for their rate.'],
  takeovers: ['tributary_lane_takeovers_total', 'Lanes taken from a worker whose lease was over.'],
  fencedWrites: ['tributary_fenced_writes_total', 'Commits refused because the lane had been taken.'],
} as const;

/** Makes the metrics of a process. */
export function createMetrics(parts: MetricsParts): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: 'tributary_http_request_duration_seconds',
    help: 'Time to answer HTTP requests.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  addBookGauges(registry, rememberBooks(parts));
  return {
    delivery: createCounters(registry),
    observeRequest: ({ seconds, ...labels }) => requests.observe(labels, seconds),
    contentType: registry.contentType,
    render: () => registry.metrics(),
  };
}

/** Serves `/metrics` and notes every answered request. */
export function registerMetrics(server: FastifyInstance, metrics: Metrics): void {
  server.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.render()));
  server.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unknown';
    const seconds = reply.elapsedTime / 1_000;
    metrics.observeRequest({ method: request.method, route, status: reply.statusCode, seconds });
  });
}

function createCounters(registry: Registry): Metrics['delivery'] {
  const add = ([name, help]: readonly [string, string]) => {
    const counter = new Counter({ name, help, registers: [registry] });
    return (count: number) => counter.inc(count);
  };
  return {
    accepted: add(COUNTERS.accepted),
    delivered: add(COUNTERS.delivered),
    failed: add(COUNTERS.failed),
    skipped: add(COUNTERS.skipped),
    attempts: add(COUNTERS.attempts),
    throttled: add(COUNTERS.throttled),
    takeovers: add(COUNTERS.takeovers),
    fencedWrites: add(COUNTERS.fencedWrites),
  };
}

const GAUGES: readonly (readonly [keyof BookFigures, string, string])[] = [
  ['pendingRecords', 'tributary_pending_records', 'Records that wait, in all workspaces.'],
  [
    'oldestPendingSeconds',
    'tributary_oldest_pending_age_seconds',
    'Age of what has waited longest; 0 if nothing waits.',
  ],
  [
    'unaccountedRecords',
    'tributary_export_unaccounted_records',
    'received - delivered - failed - skipped - pending over unfinished exports and those finished in the last hour; must be 0.',
  ],
];

/** A figure that could not be read is NaN: a 0 would say that all is well. */
function addBookGauges(registry: Registry, readBooks: () => Promise<BookFigures | null>): void {
  for (const [figure, name, help] of GAUGES) {
    new Gauge({
      name,
      help,
      registers: [registry],
      async collect() {
        this.set((await readBooks())?.[figure] ?? Number.NaN);
      },
    });
  }
}

/** Null if the database did not answer; the next scrape after {@link BOOKS_TTL_MS} asks again. */
function rememberBooks({
  readBooks,
  log,
  now = () => performance.now(),
}: MetricsParts): () => Promise<BookFigures | null> {
  let until = Number.NEGATIVE_INFINITY;
  let books: Promise<BookFigures | null> = Promise.resolve(null);
  return () => {
    if (now() < until) return books;
    until = now() + BOOKS_TTL_MS;
    books = readBooks().catch((error: unknown) => {
      log.warn({ err: error }, 'the metrics could not read the books');
      return null;
    });
    return books;
  };
}
