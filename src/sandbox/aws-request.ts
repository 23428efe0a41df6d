/** Reads what a signed request says about itself: who, for which region, which operation. Signatures are not verified. */

import type { IncomingMessage } from 'node:http';
import { AwsError } from './aws-error.js';
import { operationName } from './operations.js';

/** The head of a request. */
export interface AwsRequestHead {
  /** Empty if the target is no Kinesis operation. */
  readonly operation: string;
  /** Empty if the request is not signed. */
  readonly accessKeyId: string;
  /** The region of the credential scope. */
  readonly region: string;
}

const CREDENTIAL = /Credential=([^/,\s]+)\/\d{8}\/([^/,\s]+)\/kinesis\/aws4_request/;

/** Parses the head; what is missing stays empty for {@link authenticate} to refuse. */
export function parseHead(request: IncomingMessage): AwsRequestHead {
  const target = request.headers['x-amz-target'];
  const [, accessKeyId = '', region = ''] = CREDENTIAL.exec(request.headers.authorization ?? '') ?? [];
  return { operation: operationName(typeof target === 'string' ? target : undefined), accessKeyId, region };
}

/**
 * Refuses requests without credentials and unknown access keys.
 * @param accepted access key ids; null = any.
 * @throws {AwsError} `MissingAuthenticationTokenException`, `IncompleteSignatureException`, `UnrecognizedClientException`.
 */
export function authenticate(
  request: IncomingMessage,
  head: AwsRequestHead,
  accepted: ReadonlySet<string> | null,
): void {
  if (request.headers.authorization === undefined) {
    throw new AwsError('MissingAuthenticationTokenException', 'Missing Authentication Token');
  }
  if (head.accessKeyId === '') {
    const message = 'The Authorization header has no Credential for the service kinesis.';
    throw new AwsError('IncompleteSignatureException', message);
  }
  if (accepted !== null && !accepted.has(head.accessKeyId)) {
    throw new AwsError('UnrecognizedClientException', 'The security token included in the request is invalid.');
  }
}
