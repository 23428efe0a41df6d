/** Reads what a signed request says about itself: who, for which region, which operation. Signatures are not verified. */

import type { IncomingMessage } from 'node:http';
import { AwsError } from './aws-error.js';
import { operationName } from './operations.js';
import type { RoleSessions } from './role-sessions.js';

/** How a request and its answer are written. */
export type Protocol = 'json' | 'query';

/** The head of a request. */
export interface AwsRequestHead {
  /** Kinesis speaks AWS JSON 1.1, STS the query protocol. */
  readonly protocol: Protocol;
  /** Empty if the target is no Kinesis operation; STS names its operation in the body only. */
  readonly operation: string;
  /** Empty if the request is not signed. */
  readonly accessKeyId: string;
  /** The region of the credential scope. */
  readonly region: string;
}

const CREDENTIAL = /Credential=([^/,\s]+)\/\d{8}\/([^/,\s]+)\/(kinesis|sts)\/aws4_request/;

/** Parses the head; what is missing stays empty for {@link authenticate} to refuse. */
export function parseHead(request: IncomingMessage): AwsRequestHead {
  const target = request.headers['x-amz-target'];
  const [, accessKeyId = '', region = '', service = 'kinesis'] =
    CREDENTIAL.exec(request.headers.authorization ?? '') ?? [];
  if (service === 'sts') return { protocol: 'query', operation: '', accessKeyId, region };
  const operation = operationName(typeof target === 'string' ? target : undefined);
  return { protocol: 'json', operation, accessKeyId, region };
}

/** Who is let in. */
export interface Accepted {
  /** Access key ids; null = any. */
  readonly accessKeyIds: ReadonlySet<string> | null;
  readonly sessions: RoleSessions;
  /** Epoch milliseconds. */
  readonly now: number;
}

/**
 * Refuses requests without credentials, unknown access keys, and sessions without their token or after their end.
 * @throws {AwsError} `MissingAuthenticationTokenException`, `IncompleteSignatureException`, `UnrecognizedClientException`,
 * `ExpiredTokenException`.
 */
export function authenticate(request: IncomingMessage, head: AwsRequestHead, accepted: Accepted): void {
  if (request.headers.authorization === undefined) {
    throw new AwsError('MissingAuthenticationTokenException', 'Missing Authentication Token');
  }
  if (head.accessKeyId === '') {
    const message = 'The Authorization header has no Credential for the service kinesis.';
    throw new AwsError('IncompleteSignatureException', message);
  }
  const session = accepted.sessions.find(head.accessKeyId);
  if (session) {
    const token = request.headers['x-amz-security-token'];
    accepted.sessions.check(session, typeof token === 'string' ? token : undefined, accepted.now);
    return;
  }
  if (accepted.accessKeyIds !== null && !accepted.accessKeyIds.has(head.accessKeyId)) {
    throw new AwsError('UnrecognizedClientException', 'The security token included in the request is invalid.');
  }
}
