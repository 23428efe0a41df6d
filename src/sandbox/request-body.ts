/** Reads request bodies whole, up to a limit. */

import type { IncomingMessage } from 'node:http';
import { AwsError } from './aws-error.js';

/** 10 MiB of records in base64, with room for names, braces and hash keys. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;

/**
 * Reads the body. The promise stays pending if the client hangs up before its end: there is nobody left to answer.
 * @throws {AwsError} status 413 if it is longer than {@link MAX_BODY_BYTES}.
 */
export function readBody(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > MAX_BODY_BYTES) {
        request.removeAllListeners('data').resume();
        reject(new AwsError('RequestEntityTooLargeException', `The body is over ${MAX_BODY_BYTES} bytes.`, 413));
        return;
      }
      chunks.push(chunk);
    });
    request.on('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, length)));
  });
}
