/** GraphQL errors as clients see them, the same over HTTP and WebSocket: a stable code, no values, no internals. */

import { GraphQLError, type SourceLocation } from 'graphql';
import { RequestError } from '../domain/user-error.js';
import { nameFault } from './error-answer.js';
import { redactValues, withoutSuggestions } from './redact-message.js';

/** An error as it is sent. */
export interface PresentedError {
  message: string;
  locations?: readonly SourceLocation[];
  path?: readonly (string | number)[];
  extensions: { code: string; requestId?: string };
}

/** Turns errors into what clients see. */
export interface ErrorPresenter {
  /** What is sent for an error. */
  present(error: unknown): PresentedError;
  /** The error to log if the fault is ours; null if it is the client's. */
  findFault(error: unknown): unknown;
}

/** What an {@link ErrorPresenter} is made of. */
export interface PresenterOptions {
  /** Errors of lower layers that mean bad input; their messages are shown. */
  badInputErrors: readonly (abstract new (
    ...parameters: never[]
  ) => Error)[];
  /** Whether names of the schema that a client came near to are kept from it. */
  hidesSuggestions: boolean;
}

/** Makes a presenter. */
export function createErrorPresenter(options: PresenterOptions): ErrorPresenter {
  return {
    present(error) {
      const { code, message } = explain(error, options) ?? nameFault(rootOf(error));
      const { locations, path } = error instanceof GraphQLError ? error : {};
      return { message, ...(locations && { locations }), ...(path && { path }), extensions: { code } };
    },
    findFault: (error) => (explain(error, options) ? null : rootOf(error)),
  };
}

/** Adds the request id to errors. */
export function stampErrors<E extends { extensions?: Record<string, unknown> }>(
  errors: readonly E[],
  requestId: string,
) {
  return errors.map((error) => ({ ...error, extensions: { ...error.extensions, requestId } }));
}

interface Explanation {
  code: string;
  message: string;
}

/** Codes that parsing, validation and the server give to requests that never reached a resolver. */
const REQUEST_CODES: ReadonlySet<unknown> = new Set([
  'BAD_REQUEST',
  'BAD_USER_INPUT',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'INTROSPECTION_DISABLED',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_FOUND',
  'PERSISTED_QUERY_NOT_SUPPORTED',
  'QUERY_TOO_COSTLY',
  'OPERATION_NOT_LISTED',
  'QUERY_TOO_DEEP',
  'TOO_MANY_ALIASES',
  'TOO_MANY_DIRECTIVES',
  'TOO_MANY_SUBSCRIPTIONS',
]);

/** The client's mistake in an error; null if the fault is ours. */
function explain(error: unknown, options: PresenterOptions): Explanation | null {
  const root = rootOf(error);
  if (root instanceof RequestError) return { code: root.code, message: root.message };
  if (root instanceof Error && options.badInputErrors.some((badInput) => root instanceof badInput))
    return { code: 'BAD_USER_INPUT', message: root.message };
  if (!(error instanceof GraphQLError)) return null;
  const code = requestCodeOf(error);
  if (code === null) return null;
  const redacted = redactValues(error.message, error.originalError?.message);
  return { code, message: options.hidesSuggestions ? withoutSuggestions(redacted) : redacted };
}

function requestCodeOf(error: GraphQLError): string | null {
  const { code } = error.extensions;
  if (typeof code === 'string' && REQUEST_CODES.has(code)) return code;
  // Variables and arguments are coerced by graphql-js, which gives no code; a resolver's own error may read alike.
  if (error.path && !(rootOf(error) instanceof GraphQLError)) return null;
  return /^(?:Argument "|Variable "\$)/.test(error.message) ? 'BAD_USER_INPUT' : null;
}

/** What was thrown, under graphql-js's wrappers. */
function rootOf(error: unknown): unknown {
  let root = error;
  while (root instanceof GraphQLError && root.originalError) root = root.originalError;
  return root;
}
