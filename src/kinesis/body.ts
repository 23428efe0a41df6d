/** The PutRecords request body, written by hand: the SDK's serializer costs more than the sending (measured in bench/). */

import type { BodyMemory } from './body-memory.js';
import type { KinesisRecord } from './record.js';

/** A stream's name or ARN as requests give it. */
export function addressOf(stream: string): { StreamARN: string } | { StreamName: string } {
  return isStreamArn(stream) ? { StreamARN: stream } : { StreamName: stream };
}

/**
 * Encodes a PutRecords request as AWS JSON 1.1.
 * @param stream name or ARN, valid.
 * @param records 1 to 500, valid, at most 10 MiB together.
 * @param memory where the body is written.
 * @returns the body in UTF-8.
 */
export function encodePutRecords(stream: string, records: readonly KinesisRecord[], memory: BodyMemory): Buffer {
  const field = isStreamArn(stream) ? 'StreamARN' : 'StreamName';
  const head = `{"${field}":${JSON.stringify(stream)},"Records":[`;
  // Written in place: one joined string takes several times as long.
  const body = memory.take(boundBody(head, records));
  let end = body.write(head, 'utf8');
  let open = '{"Data":"';
  for (const record of records) {
    end += body.write(open, end, 'latin1');
    end += body.write(record.data.toString('base64'), end, 'latin1');
    end += body.write(`${BETWEEN}${JSON.stringify(record.partitionKey)}}`, end, 'utf8');
    open = ',{"Data":"';
  }
  end += body.write(TAIL, end, 'latin1');
  return body.subarray(0, end);
}

function isStreamArn(stream: string): boolean {
  return stream.startsWith('arn:');
}

const BETWEEN = '","PartitionKey":';
const TAIL = ']}';
/** What surrounds the data and the key's escaped text in one record. */
const FRAME_BYTES = `,{"Data":"${BETWEEN}""}`.length;
/** The longest form of one UTF-16 unit in JSON: `\u0000`. */
const MAX_ESCAPED_BYTES = 6;

/** At least the body's bytes: a write beyond the buffer's end would be cut without a word. */
function boundBody(head: string, records: readonly KinesisRecord[]): number {
  let bound = Buffer.byteLength(head, 'utf8') + TAIL.length;
  for (const { data, partitionKey } of records) {
    bound += FRAME_BYTES + Math.ceil(data.length / 3) * 4 + partitionKey.length * MAX_ESCAPED_BYTES;
  }
  return bound;
}
