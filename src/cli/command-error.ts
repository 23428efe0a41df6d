/** Why a command ends early. Their messages are for people and say what to do; everything else is a bug. */

/** Something outside the command stands in its way. */
export class CommandError extends Error {
  override name = 'CommandError';
}

/** The arguments cannot be understood; the message says which and what is allowed. */
export class UsageError extends CommandError {
  override name = 'UsageError';
}

/** Ctrl-C or SIGTERM. */
export class InterruptedError extends CommandError {
  override name = 'InterruptedError';
}

/** The API refused a call, or could not be reached. */
export class ApiError extends CommandError {
  override name = 'ApiError';
}
