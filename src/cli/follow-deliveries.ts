/** Adds up what a destination's events say of one export. */

import { setTimeout as delay } from 'node:timers/promises';
import type { ApiClient } from './api-client.js';
import { ApiError } from './command-error.js';
import type { DemoDestination } from './demo-setup.js';
import { DeliveryTotalsDocument, type DeliveryTotalsSubscription } from './generated/graphql.js';
import { isFinished } from './watch-export.js';

/** Outcomes that the events told of, added up. */
export interface EventSums {
  readonly delivered: number;
  readonly failed: number;
  readonly skipped: number;
}

type DeliveryUpdate = DeliveryTotalsSubscription['deliveryEvents'];

const MAX_RESUMPTIONS = 20;
const PAUSE_MS = 250;

/** Follows a destination's events; begins at once, before there is an export to ask for. */
export class DeliveryFollower {
  readonly #sums = new Map<string, EventSums>();
  #cursor: string;

  constructor(
    readonly client: ApiClient,
    readonly destination: DemoDestination,
    /** Called once some records of any export are on the books. */
    readonly onDelivery: () => void,
  ) {
    this.#cursor = destination.eventCursor;
  }

  /**
   * Follows until an export has finished; takes up where it was if the stream of events ends before.
   * @param exportId comes later than its first events, perhaps.
   * @returns the sums of that export.
   * @throws {ApiError} if the events cannot be followed.
   */
  async follow(exportId: Promise<string>): Promise<EventSums> {
    let fault: unknown = null;
    for (let resumptions = 0; resumptions <= MAX_RESUMPTIONS; resumptions += 1) {
      try {
        const finished = await this.#followOnce(exportId);
        if (finished) return finished;
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        fault = error;
      }
      await delay(PAUSE_MS);
    }
    throw new ApiError('The events of the destination cannot be followed to the end of the export.', { cause: fault });
  }

  async #followOnce(exportId: Promise<string>): Promise<EventSums | null> {
    const variables = { destinationId: this.destination.destinationId, after: this.#cursor };
    for await (const { deliveryEvents: update } of this.client.subscribe(DeliveryTotalsDocument, variables)) {
      this.#take(update);
      if (update.__typename === 'StreamEnded') return null;
      if (update.__typename !== 'ExportStateChanged' || !isFinished(update.state)) continue;
      const id = await exportId;
      if (update.export?.id === id) return this.#sums.get(id) ?? NONE;
    }
    return null;
  }

  #take(update: DeliveryUpdate): void {
    if (update.__typename === 'StreamEnded') {
      if (update.resumeAfter === null) throw new ApiError(`The events ended: ${update.message}`);
      this.#cursor = update.resumeAfter;
      return;
    }
    this.#cursor = update.cursor;
    if (update.__typename !== 'DeliveriesCommitted') return;
    this.onDelivery();
    for (const { export: of, delivered, failed, skipped } of update.exports) {
      if (of) this.#add(of.id, { delivered: Number(delivered), failed: Number(failed), skipped: Number(skipped) });
    }
  }

  #add(exportId: string, more: EventSums): void {
    const sums = this.#sums.get(exportId) ?? NONE;
    this.#sums.set(exportId, {
      delivered: sums.delivered + more.delivered,
      failed: sums.failed + more.failed,
      skipped: sums.skipped + more.skipped,
    });
  }
}

const NONE: EventSums = { delivered: 0, failed: 0, skipped: 0 };
