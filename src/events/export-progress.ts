/** An export's progress: says when to read it anew, never more often than told, and ends when it has finished. */

import type { Db } from '../storage/database.js';
import { findExportStanding } from '../storage/event-tail.js';
import { isWanted } from './delivery-update.js';
import type { DestinationFeed, FeedMember, TailSettings } from './destination-feed.js';
import type { Feeds } from './feeds.js';
import { readWithRetry } from './retry.js';
import { Wake } from './wake.js';

/** Whose progress. */
export interface ExportProgressRequest {
  workspaceId: number;
  exportId: number;
}

/** What progress is made of. */
export interface ExportProgressOptions {
  settings: TailSettings;
  feeds: Feeds;
  request: ExportProgressRequest;
  /** What the caller may see: the export is looked up there. */
  admission: Db;
  signal: AbortSignal;
}

/** Says that the export may be read now; `exists` is false if there is none (any more), and then it ends. */
export interface ExportTick {
  exists: boolean;
}

/** Ticks now and after each change; the last one comes after the export has finished. */
export async function* exportTicks(options: ExportProgressOptions): AsyncGenerator<ExportTick, void> {
  const { admission, feeds, request } = options;
  const found = await readWithRetry(() => findExportStanding(admission, request), options);
  if (found === undefined) return;
  if (found === null) return void (yield { exists: false });
  const { workspaceId } = request;
  const { destinationId, newest } = found;
  const member: FeedMember = { checkPace: () => undefined };
  const feed = feeds.join(member, { workspaceId, destinationId, newest });
  try {
    yield* ticksOf(feed, options);
  } finally {
    feeds.leave(member, feed);
  }
}

async function* ticksOf(feed: DestinationFeed, options: ExportProgressOptions): AsyncGenerator<ExportTick, void> {
  const { settings, admission, feeds, request, signal } = options;
  while (!signal.aborted && !feeds.isStopping) {
    // Noted before the export is read: what is committed after that read lies behind this number.
    const number = feed.ring.nextNumber;
    const standing = await readWithRetry(() => findExportStanding(admission, request), options);
    if (standing === undefined) return;
    const tickedAt = settings.now();
    yield { exists: standing !== null };
    if (!standing || standing.isFinished) return;
    await nextChange(feed, number, options);
    await new Wake().wait({ timeoutMs: tickedAt + settings.progressMs - settings.now(), signal });
  }
}

/** Waits until the ring holds an event of the export from the number on, or cannot tell. */
async function nextChange(feed: DestinationFeed, number: number, options: ExportProgressOptions): Promise<void> {
  const { settings, feeds, request, signal } = options;
  const wanted = { ...request, destinationId: feed.destinationId };
  let from = number;
  while (!signal.aborted && !feeds.isStopping && !feed.isDeleted) {
    const events = feed.ring.from(from);
    if (events === null || events.some((event) => isWanted(event, wanted))) return;
    from = feed.ring.nextNumber;
    await feed.wait(settings.heartbeatMs, signal);
  }
}
