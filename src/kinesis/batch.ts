/** Requests as PutRecords takes them: at most 500 records and 10 MiB of data and keys. */

import { type KinesisRecord, measureRecord } from './record.js';

/** The most records that one PutRecords request may hold. */
export const MAX_REQUEST_RECORDS = 500;

/** The most bytes that one PutRecords request may hold: 10 MiB, data before base64 plus partition keys. */
export const MAX_REQUEST_BYTES = 10 * 1_048_576;

/**
 * Splits records into requests, in input order, each as full as the two limits allow.
 * @param records each at most {@link MAX_REQUEST_BYTES} with its key; a larger one would stand alone in its batch.
 * @returns batches of 1 to {@link MAX_REQUEST_RECORDS} records and at most {@link MAX_REQUEST_BYTES} bytes (data + keys).
 * @see https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
 */
export function* splitIntoBatches(records: Iterable<KinesisRecord>): Generator<KinesisRecord[]> {
  let batch: KinesisRecord[] = [];
  let batchBytes = 0;
  for (const record of records) {
    const sizeBytes = measureRecord(record);
    const isFull = batch.length === MAX_REQUEST_RECORDS || batchBytes + sizeBytes > MAX_REQUEST_BYTES;
    if (isFull && batch.length > 0) {
      yield batch;
      batch = [];
      batchBytes = 0;
    }
    batch.push(record);
    batchBytes += sizeBytes;
  }
  if (batch.length > 0) yield batch;
}
