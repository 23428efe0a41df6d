/** Follows an export to its end. */

import { setTimeout as delay } from 'node:timers/promises';
import type { ApiClient } from './api-client.js';
import { ApiError } from './command-error.js';
import { type ExportNumbersFragment, ExportProgressDocument, type ExportState } from './generated/graphql.js';

/** An export's numbers as they stand. */
export type ExportNumbers = ExportNumbersFragment;

/** What is shown of an export meanwhile. */
export type OnProgress = (settled: number, received: number) => void;

const FINISHED: ReadonlySet<ExportState> = new Set(['SUCCEEDED', 'PARTIALLY_FAILED', 'FAILED', 'CANCELED']);

/** Subscriptions broken one after another, without news between, before giving up. */
const MAX_BREAKS = 5;
const PAUSE_MS = 1_000;

/**
 * Follows the newest state of an export; subscribes again where a socket breaks.
 * @returns its numbers when it has finished, whether well or not.
 * @throws {ApiError} if there is no such export, or the API stays away.
 */
export async function watchExport(client: ApiClient, exportId: string, onProgress: OnProgress): Promise<ExportNumbers> {
  for (let breaks = 0; ; breaks += 1) {
    try {
      for await (const { exportProgress } of client.subscribe(ExportProgressDocument, { exportId })) {
        if (!exportProgress) throw new ApiError(`There is no export ${exportId}, or it was deleted: check its id.`);
        breaks = 0;
        const { received, delivered, failed, skipped, state } = exportProgress;
        onProgress(Number(delivered) + Number(failed) + Number(skipped), Number(received));
        if (isFinished(state)) return exportProgress;
      }
    } catch (error) {
      // With a cause it is the connection that broke; without one the API refused, and would again.
      if (!(error instanceof ApiError) || error.cause === undefined || breaks >= MAX_BREAKS) throw error;
    }
    if (breaks >= MAX_BREAKS) throw new ApiError(`The progress of export ${exportId} ended before the export did.`);
    await delay(PAUSE_MS);
  }
}

/** Whether an export is over. */
export function isFinished(state: ExportState): boolean {
  return FINISHED.has(state);
}
