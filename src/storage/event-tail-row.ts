/** How a destination's events come back from the database: one JSON object an event. */

import { z } from 'zod';

const time = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

const place = { committedAt: time, sequence: z.int(), position: z.int() };

const deliveries = z.object({
  kind: z.literal('DELIVERIES'),
  ...place,
  id: z.int(),
  activationId: z.int(),
  origin: z.enum(['BACKFILL', 'EXITS', 'LIVE', 'MANUAL', 'REPLAY', 'RETRY', 'SCHEDULED']),
  exportIds: z.array(z.int()),
  delivered: z.int(),
  failed: z.int(),
  skipped: z.int(),
  deferred: z.int(),
  attempts: z.int(),
  bytes: z.int(),
  possibleDuplicates: z.int(),
  codes: z.record(z.string(), z.int()),
});

const exportState = z.object({
  kind: z.literal('EXPORT_STATE'),
  ...place,
  follows: z.array(z.int()),
  exportId: z.int(),
  activationId: z.int().nullable(),
  state: z.enum(['PREPARING', 'RUNNING', 'CANCELING', 'CANCELED', 'FAILED', 'PARTIALLY_FAILED', 'SUCCEEDED']),
});

const health = z.object({
  kind: z.literal('HEALTH'),
  ...place,
  follows: z.array(z.int()),
  health: z.object({
    status: z.enum(['HEALTHY', 'DEGRADED', 'THROTTLED', 'HALTED', 'UNTESTED']),
    code: z.string().nullable().default(null),
    message: z.string().nullable().default(null),
    awsRequestId: z.string().nullable().default(null),
    since: time,
    nextProbeAt: time.nullable().default(null),
  }),
});

/** Model of one committed event. */
export const CommittedEventRow = z.discriminatedUnion('kind', [deliveries, exportState, health]);
