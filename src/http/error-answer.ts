/** Answers to requests that fail outside GraphQL; shaped like GraphQL's, so that clients read one form. */

import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { DATABASE_UNREACHABLE, isDatabaseUnreachable } from '../domain/database-fault.js';
import { RequestError, UserError } from '../domain/user-error.js';

/** Body of every answer that is no success. */
export interface ErrorBody {
  errors: [{ message: string; extensions: { code: string; requestId: string } }];
}

/** Makes the body of an error answer. @param code stable, to act on. @param message for people; no input values. */
export function toErrorBody(code: string, message: string, requestId: string): ErrorBody {
  return { errors: [{ message, extensions: { code, requestId } }] };
}

/** A request that is refused with an HTTP status of its own; thrown in routes and hooks. */
export class HttpError extends Error {
  override readonly name = 'HttpError';

  /** @param status 400–599. @param headers more headers of the answer. */
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

const INTERNAL_ERROR = {
  code: 'INTERNAL_SERVER_ERROR',
  message: 'Something went wrong on our side; quote the request id.',
} as const;

/** What clients read when the fault is ours. */
export function nameFault(error: unknown): { code: string; message: string } {
  return isDatabaseUnreachable(error) ? DATABASE_UNREACHABLE : INTERNAL_ERROR;
}

/** Sends the answer to an error: a client's mistake with its code, anything else masked and logged. */
export function answerError(error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): void {
  const refusal = findRefusal(error);
  if (refusal.status >= 500 && !(error instanceof HttpError))
    request.log.error({ err: error, requestId: request.id }, 'a request failed');
  reply
    .code(refusal.status)
    .headers(refusal.headers ?? {})
    .header('x-request-id', request.id)
    .type('application/json; charset=utf-8')
    .send(JSON.stringify(toErrorBody(refusal.code, refusal.message, request.id)));
}

/** A name that is over its rate has some of it again within a second. */
const HEADERS_OF_REQUEST_ERROR: Partial<Record<RequestError['code'], Readonly<Record<string, string>>>> = {
  RATE_LIMITED: { 'retry-after': '1' },
  UNAUTHENTICATED: { 'www-authenticate': 'Bearer' },
};

interface Refusal {
  status: number;
  code: string;
  message: string;
  headers?: Readonly<Record<string, string>>;
}

const STATUS_OF_REQUEST_ERROR = {
  BAD_USER_INPUT: 400,
  FORBIDDEN: 403,
  RATE_LIMITED: 429,
  UNAUTHENTICATED: 401,
} as const;

function findRefusal(error: FastifyError | Error): Refusal {
  if (error instanceof HttpError) return error;
  if (error instanceof RequestError)
    return {
      status: STATUS_OF_REQUEST_ERROR[error.code],
      code: error.code,
      message: error.message,
      headers: HEADERS_OF_REQUEST_ERROR[error.code] ?? {},
    };
  if (error instanceof UserError) return { status: 400, code: error.code, message: error.message };
  if (isDatabaseUnreachable(error)) return { status: 503, ...DATABASE_UNREACHABLE, headers: { 'retry-after': '1' } };
  const known = 'code' in error ? FASTIFY_REFUSALS[error.code] : undefined;
  if (known) return known;
  const status = 'statusCode' in error ? (error.statusCode ?? 500) : 500;
  if (status >= 500) return { status: 500, ...INTERNAL_ERROR };
  return { status, code: 'BAD_REQUEST', message: 'The request cannot be read: check its address, headers and body.' };
}

/** The server library's own texts echo headers and paths; these do not. */
const FASTIFY_REFUSALS: Record<string, Refusal> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    status: 415,
    code: 'UNSUPPORTED_MEDIA_TYPE',
    message: 'The `content-type` is not one that this address takes: send application/json.',
  },
  FST_ERR_CTP_BODY_TOO_LARGE: {
    status: 413,
    code: 'PAYLOAD_TOO_LARGE',
    message: 'The body is larger than this address takes: send less at once.',
  },
  FST_ERR_CTP_EMPTY_JSON_BODY: {
    status: 400,
    code: 'BAD_REQUEST',
    message: 'The body is empty: send a JSON object.',
  },
  FST_ERR_BAD_URL: {
    status: 400,
    code: 'BAD_REQUEST',
    message: 'The address is not well formed: check its percent-encoding.',
  },
};
