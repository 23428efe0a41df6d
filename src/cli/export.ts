/** The command `export`: starts an export, and follows it to its end if asked to. */

import { randomUUID } from 'node:crypto';
import type { ExportOptions } from './command-line.js';
import { connect } from './connect.js';
import { TriggerExportDocument } from './generated/graphql.js';
import { expectSuccess } from './mutation-result.js';
import { formatCount, startProgress } from './progress.js';
import { type ExportNumbers, watchExport } from './watch-export.js';

/**
 * Starts an export.
 * @returns false if it was followed and did not deliver everything.
 * @throws {ApiError} if it is refused.
 */
export async function runExport(options: ExportOptions): Promise<boolean> {
  await using client = await connect(options);
  const { activationId, segmentIds } = options;
  const input = { activationId, segmentIds: segmentIds && [...segmentIds], idempotencyKey: randomUUID() };
  const { triggerExport } = await client.request(TriggerExportDocument, { input });
  const { id } = expectSuccess(triggerExport, 'TriggerExportSuccess').export;
  console.log(`Export ${id} started.`);
  if (!options.watch) return true;
  const progress = startProgress('Export', 'records');
  const finished = await watchExport(client, id, (done, total) => progress.update(done, total));
  progress.stop();
  printNumbers(finished);
  return finished.state === 'SUCCEEDED';
}

function printNumbers(finished: ExportNumbers): void {
  const { received, delivered, failed, skipped } = finished;
  const [all, good, bad, left] = [received, delivered, failed, skipped].map((count) => formatCount(Number(count)));
  console.log(`${finished.state}: received ${all}, delivered ${good}, failed ${bad}, skipped ${left}.`);
  for (const { code, count, reason } of finished.codes) {
    console.log(`  ${code}: ${formatCount(Number(count))}. ${reason.meaning} ${reason.remedy}`);
  }
}
