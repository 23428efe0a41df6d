/** What follows a commit: lanes are woken in time, metrics counted, health told, subscribers called. */

import { type CurrentHealth, nextHealth } from '../domain/health.js';
import type { RecordResult } from '../kinesis/record.js';
import { writeHealth } from '../storage/destination-health.js';
import { findTurnMs } from '../storage/destination-pace.js';
import type { CommittedPage } from './commit.js';
import { paceMsOf } from './pace.js';
import type { Page } from './page.js';
import type { SendContext, SentPage } from './send.js';

/** Lanes that wait for the same turn come one after the other: else all read their page, and one may send it. */
export const TURN_SPREAD_MS = 50;

/** Reports pages of one destination that were sent together; those whose commit was refused say nothing. */
export async function report(
  context: SendContext,
  sent: readonly SentPage[],
  commits: readonly PromiseSettledResult<CommittedPage>[],
): Promise<void> {
  const booked = sent.flatMap((page, index) => {
    const commit = commits[index];
    return commit?.status === 'fulfilled' ? [{ ...page, settlement: commit.value.settlement }] : [];
  });
  const target = booked[0]?.page.target;
  if (!target) return;
  for (const page of booked) wakeInTime(context, page);
  await wakeForTurn(context, booked);
  const results = booked.flatMap((page) => page.results.filter((result) => result !== null));
  countMetrics(context, booked, results);
  await reportHealth(context, target, results);
  const { id: credentialId, secretVersion } = target.credential;
  if (results.some(({ attempts }) => attempts > 0)) await context.noteCredentialUse({ credentialId, secretVersion });
  context.announceEvents(target.destinationId);
}

/** Looks at the lane again when its deferred records are due, or its export's pace lets it go on. */
function wakeInTime(context: SendContext, { claim, page, results, settlement }: SentPage): void {
  const waits = results.flatMap((result) => (result?.status === 'deferred' ? [result.retryAfterMs] : []));
  if (waits.length > 0) context.wakeAfter(claim, Math.min(...waits));
  const paceMs = settlement.holdMs === null ? paceMsOf(page) : 0;
  if (paceMs > 0) context.wakeAfter(claim, paceMs);
}

/** Lanes of a destination with a rate look again when its next turn is due. */
async function wakeForTurn(context: SendContext, booked: readonly SentPage[]): Promise<void> {
  const target = booked[0]?.page.target;
  if (!target || target.maxRecordsPerSecond === null) return;
  const waitsMs = await findTurnMs(context.db, target.destinationId);
  for (const { claim } of booked) context.wakeAfter(claim, waitsMs + Math.random() * TURN_SPREAD_MS);
}

function countMetrics({ metrics }: SendContext, pages: readonly SentPage[], results: readonly RecordResult[]): void {
  for (const { settlement } of pages)
    for (const event of settlement.events)
      for (const record of event.records) {
        if (record.outcome === 'DELIVERED') metrics.delivered(1);
        else if (record.outcome === 'FAILED') metrics.failed(1);
        else metrics.skipped(1);
      }
  metrics.attempts(results.reduce((sum, result) => sum + result.attempts, 0));
  metrics.throttled(
    results.filter((result) => result.status === 'deferred' && result.cause === 'THROTTLED' && result.attempts > 0)
      .length,
  );
}

async function reportHealth(
  context: SendContext,
  target: Page['target'],
  results: readonly RecordResult[],
): Promise<void> {
  const evidence = context.history.note(target, results);
  // The books say so already, as the page read them: most calls cost no statement.
  if (!nextHealth({ status: target.healthStatus, since: target.healthSince }, evidence)) return;
  const subject = {
    destinationId: target.destinationId,
    destinationVersion: target.version,
    secretVersion: target.credential.secretVersion,
  };
  let isUp = false;
  const decide = (current: CurrentHealth) => {
    const next = nextHealth(current, evidence);
    isUp = next?.status === 'HEALTHY' || next?.status === 'THROTTLED';
    return next;
  };
  const changed = await context.db
    .transaction()
    .execute((tx) => writeHealth(tx, subject, { probeAfterMs: context.probeIntervalMs, decide }));
  // All lanes may send again, not only the one that probed.
  if (changed && isUp) context.announceWork(target.destinationId);
}
