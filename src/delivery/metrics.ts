/** What the delivery engine counts. It knows no metrics library: the HTTP server shows the counts. */

/** Counters of one process, since its start; each call adds. */
export interface DeliveryMetrics {
  /** Records put into exports. */
  accepted(records: number): void;
  /** Records with a shard and a sequence number from AWS. */
  delivered(records: number): void;
  /** Records given up on. */
  failed(records: number): void;
  /** Records left out with a reason. */
  skipped(records: number): void;
  /** Records sent to AWS, repetitions included. */
  attempts(records: number): void;
  /** Records that AWS refused for their rate. */
  throttled(records: number): void;
  /** Lanes taken from a worker whose lease was over. */
  takeovers(lanes: number): void;
  /** Commits refused because the lane had been taken. */
  fencedWrites(commits: number): void;
}

/** Counts nothing: for tests and for processes without metrics. */
export const noDeliveryMetrics: DeliveryMetrics = {
  accepted: ignore,
  delivered: ignore,
  failed: ignore,
  skipped: ignore,
  attempts: ignore,
  throttled: ignore,
  takeovers: ignore,
  fencedWrites: ignore,
};

function ignore(): void {}
