/** The error catalogue: every stable code of the API with its meaning and remedy. */

import { DELIVERY_CODES, type DeliveryCodeKind } from './delivery-code.js';
import type { UserErrorCode } from './user-error.js';

/** Where a code occurs. */
export type ErrorCodeKind = DeliveryCodeKind | 'USER_ERROR' | 'REQUEST' | 'STREAM_END';

/** What a code means and what to do about it. */
export interface ErrorMeaning {
  meaning: string;
  remedy: string;
  /** Whether trying again, unchanged, can help. */
  retryable: boolean;
}

/** An entry of the catalogue. */
export interface ErrorCode extends ErrorMeaning {
  code: string;
  kind: ErrorCodeKind;
}

/** Codes of user errors. The meanings are also the descriptions of the schema's enum UserErrorCode. */
export const USER_ERRORS: Record<UserErrorCode, ErrorMeaning> = {
  INVALID_INPUT: once('One or more fields are wrong.', 'Mend each field that `issues` names, then send again.'),
  REQUIRED: once('Issue: missing, empty or null.', 'Give the field a value.'),
  MALFORMED: once('Issue: not of the required form.', 'Bring the value into the form that `message` names.'),
  OUT_OF_RANGE: once(
    'Issue: too small, too large, too few or too many.',
    'Stay within the bounds that `message` names.',
  ),
  DUPLICATE: once('Issue: the same item twice.', 'Send each item once.'),
  NOT_ALLOWED: once(
    'Issue: well formed, but not usable here: fields that exclude each other, an attribute that is an array or map, an ARN of another region, a kind that the operator switched off.',
    'Choose another value; `message` says which ones fit.',
  ),
  NOT_FOUND: once('No such object in this workspace.', 'Check the id, and that your key belongs to the workspace.'),
  RECORD_NOT_OPEN: once(
    'Issue: the failed record is being retried, recovered or discarded already.',
    'Leave it out: only open failed records can be retried or discarded.',
  ),
  VERSION_CONFLICT: once(
    'The object has changed since `expectedVersion`: merge with `current` and send again.',
    'Read `current`, make the change again on top of it, and send its `version` as `expectedVersion`.',
  ),
  ALREADY_EXISTS: once('There is one with this id already.', 'Update `current`, or choose another id.'),
  IDEMPOTENCY_KEY_REUSED: once(
    'The idempotency key was used with another input within 24 h.',
    'Use a new key for a new call; `current` is what the first call made.',
  ),
  IN_USE: once(
    'Something uses the object: end that first.',
    "Read `current`'s lists to see what uses it, and end or change that.",
  ),
  DESTINATION_DISABLED: once(
    'The destination is disabled: enable it first.',
    'Enable the destination, then send again.',
  ),
  ACTIVATION_PAUSED: once('The activation is paused: resume it first.', 'Resume the activation, then send again.'),
  EXPORT_RUNNING: again(
    'An export is running: wait for it or cancel it.',
    'Wait until the export has finished, or cancel it, then send again.',
  ),
  EXPORT_FINISHED: once('The export has finished already.', 'Nothing is left to do; trigger a new export if wanted.'),
  LAST_ADMIN_KEY: once(
    'It is the last ADMIN key that works, without which no other could be made.',
    'Create another ADMIN key first, then send again.',
  ),
  NO_PREVIOUS_VERSION: once(
    'The credential has no previous version.',
    'Nothing to go back to: rotate it with the secret that you want in use.',
  ),
  AWS_REFUSED: once(
    'AWS answered and refused; `reason` says why.',
    'Mend what `message` and `reason` name, then send again.',
  ),
  AWS_UNREACHABLE: again(
    'AWS gave no readable answer within 10 s.',
    'Send again; check the region, the network and the AWS status page if it lasts.',
  ),
};

/** Codes of top-level errors, in `extensions.code`: the whole request was refused. */
export const REQUEST_ERRORS = {
  BAD_REQUEST: once('The HTTP request is none that this server understands.', 'Send JSON as GraphQL over HTTP asks.'),
  BAD_USER_INPUT: once(
    'An argument or variable is not valid: a page size, a cursor, a value of the wrong type.',
    'Change the argument that `message` names.',
  ),
  DATABASE_UNREACHABLE: again(
    'The database does not answer, or has too much to do; what was asked for was not begun.',
    'Send again in a moment; whoever runs the server looks at the database if it lasts.',
  ),
  EXPECTATION_FAILED: once(
    'The header `expect` asks for something that this server does not know.',
    'Leave it out, or send 100-continue.',
  ),
  FORBIDDEN: once('Your role does not allow this.', 'Ask an ADMIN of the workspace for a key with the role named.'),
  GRAPHQL_PARSE_FAILED: once(
    'The document is not GraphQL, or has more than 2,000 tokens.',
    'Mend the syntax at the place that `message` names; send less at once.',
  ),
  GRAPHQL_VALIDATION_FAILED: once(
    'The document does not fit the schema, or asks for too much at once.',
    'Compare it with the schema; ask for fewer or shallower fields.',
  ),
  HEADERS_TOO_LARGE: once('The HTTP headers are too large.', 'Send fewer or shorter headers.'),
  INGEST_INTERRUPTED: again(
    'The database or the body failed in the middle of an upload: the lines before are written.',
    'Send the lines that follow the one that `message` names.',
  ),
  INTERNAL_SERVER_ERROR: again(
    'A fault of this server.',
    'Send again; if it lasts, give the request id of `extensions` to whoever runs the server.',
  ),
  INTROSPECTION_DISABLED: once(
    'This server does not answer for its schema (`__schema`, `__type`).',
    'Use the published schema; whoever runs the server can set SCHEMA_DISCOVERY.',
  ),
  METHOD_NOT_ALLOWED: once(
    'The address does not take this HTTP method.',
    'Use a method that the header `allow` names.',
  ),
  NOT_FOUND: once('There is nothing at this address.', "Check the address's path."),
  OPERATION_NOT_LISTED: once(
    'The server answers listed operations only, and this is none of them.',
    'Ask whoever runs the server to list it in a manifest of LISTED_OPERATIONS.',
  ),
  OPERATION_RESOLUTION_FAILURE: once(
    'The document has several operations, and `operationName` names none of them.',
    'Name one of its operations.',
  ),
  ORIGIN_NOT_ALLOWED: once(
    'A web page of this origin may not open WebSockets here.',
    'Serve the page from this server, or have its operator add the origin to WEBSOCKET_ORIGINS.',
  ),
  PAYLOAD_TOO_LARGE: once('The body is larger than this address takes.', 'Send less at once.'),
  PERSISTED_QUERY_NOT_FOUND: once('The server does not know a document with this hash.', 'Send the document itself.'),
  PERSISTED_QUERY_NOT_SUPPORTED: once('This server keeps no documents by hash.', 'Send the document itself.'),
  QUERY_TOO_COSTLY: once(
    'The answer may have more than 20,000 objects, by page sizes.',
    'Ask for smaller pages, or for fewer lists in lists.',
  ),
  QUERY_TOO_DEEP: once('The operation is more than 15 fields deep.', 'Ask for shallower fields.'),
  RATE_LIMITED: again(
    'Too many requests a second of your API key or address.',
    'Wait as long as `message` says, then send again, and fewer.',
  ),
  REQUEST_TIMEOUT: again(
    'The request did not arrive whole in time.',
    'Send again; look at the connection if it lasts.',
  ),
  SHUTTING_DOWN: again(
    'This process is shutting down.',
    'Send again: another process, or this one once it is back, answers.',
  ),
  SIGN_IN_LINK_SPENT: once(
    'The link that signs in once was used, has expired, or was made by another process.',
    'Make another link, or sign in with the key itself.',
  ),
  TOO_MANY_ALIASES: once('The document has more than 100 aliases.', 'Split it.'),
  TOO_MANY_DIRECTIVES: once('The document has more than 100 directives.', 'Split it.'),
  TOO_MANY_SOCKETS: again(
    'This process has as many WebSockets open as it may.',
    'Try again: another process, or this one once others have left, has room.',
  ),
  TOO_MANY_SUBSCRIPTIONS: once(
    'This socket has as many subscriptions as one may have.',
    'End some, or open another socket.',
  ),
  UNAUTHENTICATED: once(
    'The API key is missing, unknown, expired or revoked.',
    'Send a valid key as `authorization: Bearer <key>`.',
  ),
  UNSUPPORTED_MEDIA_TYPE: once(
    'The address does not take this content type, or the body is compressed.',
    'Send application/json, without `content-encoding`.',
  ),
} as const satisfies Record<string, ErrorMeaning>;

/** Codes with which a stream of events ends. The meanings are also the descriptions of the enum StreamEndCode. */
export const STREAM_ENDS = {
  CONSUMER_TOO_SLOW: again(
    'The client reads too slowly: subscribe again, or ask for less.',
    'Subscribe again with `resumeAfter`; ask for fewer fields, or filter by export or activation.',
  ),
  CURSOR_EXPIRED: once(
    'The cursor is older than the deliveries kept: `resumeAfter` is the oldest position left, and what lies between is gone.',
    'Read the destination anew, then subscribe with `resumeAfter`.',
  ),
  CURSOR_INVALID: once(
    'The cursor is malformed, or not of this destination.',
    "Subscribe with the destination's `eventCursor`.",
  ),
  DESTINATION_DELETED: once('The destination was deleted.', 'Nothing: no more events will come.'),
  EXPORT_FINISHED: once('All events of the export asked for have been sent.', 'Nothing: the export is complete.'),
  NOT_FOUND: once(
    'No such destination, export or activation in this workspace.',
    'Check the ids, and that your key belongs to the workspace.',
  ),
  SERVER_STOPPING: again(
    'This server is shutting down: subscribe again.',
    'Subscribe again with `resumeAfter`; another server, or this one once it is back, goes on.',
  ),
} as const satisfies Record<string, ErrorMeaning>;

/** Every entry, by kind in the order of {@link ErrorCodeKind}; a code may occur in two kinds (NOT_FOUND). */
export const ERROR_CATALOGUE: readonly ErrorCode[] = [
  ...Object.entries(DELIVERY_CODES).map(([code, entry]) => ({ code, ...entry })),
  ...entries('USER_ERROR', USER_ERRORS),
  ...entries('REQUEST', REQUEST_ERRORS),
  ...entries('STREAM_END', STREAM_ENDS),
];

/** What each kind is called before a meaning. */
export const KIND_WORDS: Record<ErrorCodeKind, string> = {
  FAILURE: 'Failure',
  SKIP: 'Skip',
  DEFERRAL: 'Deferral',
  HALT: 'Halt',
  WARNING: 'Warning',
  USER_ERROR: 'User error',
  REQUEST: 'Refused request',
  STREAM_END: 'End of a stream',
};

/**
 * The meanings alone, as descriptions of a schema's enum.
 * @param before says what stands before each.
 */
export function meaningsOf<Code extends string, Entry extends ErrorMeaning>(
  errors: Record<Code, Entry>,
  before: (entry: Entry) => string = () => '',
): Record<Code, string> {
  const meanings = Object.entries<Entry>(errors).map(([code, entry]) => [code, `${before(entry)}${entry.meaning}`]);
  // fromEntries forgets which names it was given; they are those of `errors`.
  return Object.fromEntries(meanings) as Record<Code, string>;
}

function once(meaning: string, remedy: string): ErrorMeaning {
  return { meaning, remedy, retryable: false };
}

function again(meaning: string, remedy: string): ErrorMeaning {
  return { meaning, remedy, retryable: true };
}

function entries(kind: ErrorCodeKind, meanings: Record<string, ErrorMeaning>): ErrorCode[] {
  return Object.entries(meanings).map(([code, meaning]) => ({ code, kind, ...meaning }));
}
