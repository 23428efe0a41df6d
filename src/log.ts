/** The process's log: JSON lines without secrets and without what customers sent. */

import { type DestinationStream, type Logger, pino } from 'pino';

/** Names of fields whose values are never written, at the top of a line or one or two levels down. */
export const SECRET_FIELDS: readonly string[] = [
  'authorization',
  'Authorization',
  'cookie',
  'set-cookie',
  'apiKey',
  'api_key',
  'accessKeyId',
  'secretAccessKey',
  'sessionToken',
  'password',
  'encryptionKey',
  'encryptionKeys',
  'connection',
  'connectionString',
  'databaseUrl',
];

const STANDARD_OUTPUT = 1;

/**
 * Makes the log.
 * @param level least level that is written.
 * @param destination where lines go; standard output if left out.
 */
export function createLog(level: string, destination?: DestinationStream): Logger {
  const settings = {
    level,
    redact: { paths: SECRET_FIELDS.flatMap(pathsOf), censor: '[hidden]' },
    serializers: { err: describeError },
  };
  // Not in the background: the last line of a process that ends would overtake those that are still on their way.
  return pino(settings, destination ?? pino.destination({ dest: STANDARD_OUTPUT, sync: true }));
}

/** An error as the log shows it. */
export interface ErrorDescription {
  type: string;
  message: string;
  stack: string | undefined;
  /** Such as an SQLSTATE or a system error. */
  code?: string | number;
  cause?: ErrorDescription;
}

/**
 * Takes from an error what may be logged. Only named properties: database errors carry values of rows, GraphQL errors
 * the whole request.
 */
export function describeError(error: unknown): ErrorDescription {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error), stack: undefined };
  const code =
    'code' in error && (typeof error.code === 'string' || typeof error.code === 'number') ? error.code : null;
  return {
    type: error.name,
    message: error.message,
    stack: error.stack,
    ...(code === null ? {} : { code }),
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause) }),
  };
}

function pathsOf(field: string): string[] {
  const key = `["${field}"]`;
  return [key, `*${key}`, `*.*${key}`];
}
