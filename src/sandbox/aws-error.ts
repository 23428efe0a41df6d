/** The errors of the Kinesis wire protocol: a wire name, a text and an HTTP status. */

/** Refusal of a request, answered as `{ "__type": code, "message": … }` with {@link AwsError.status}. */
export class AwsError extends Error {
  override name = 'AwsError';

  constructor(
    readonly code: string,
    message: string,
    readonly status = 400,
  ) {
    super(message);
  }
}

/** A well-formed value that means nothing here: `InvalidArgumentException`. */
export function invalidArgument(message: string): AwsError {
  return new AwsError('InvalidArgumentException', message);
}

/**
 * A value that breaks its field's declared constraint: `ValidationException`, worded as AWS words it.
 * The value itself is left out, where AWS echoes it: errors here never hold payloads.
 */
export function constraintBroken(field: string, constraint: string): AwsError {
  const message = `1 validation error detected: Value at '${field}' failed to satisfy constraint: Member must ${constraint}`;
  return new AwsError('ValidationException', message);
}

/** A stream that does not exist (any more): `ResourceNotFoundException`. */
export function streamNotFound(stream: string, accountId: string): AwsError {
  return new AwsError('ResourceNotFoundException', `Stream ${stream} under account ${accountId} not found.`);
}

/** A shard that the stream never had: `ResourceNotFoundException`. */
export function shardNotFound(shardId: string, stream: string, accountId: string): AwsError {
  const message = `Could not find shard ${shardId} in stream ${stream} under account ${accountId}.`;
  return new AwsError('ResourceNotFoundException', message);
}

/** The body of an error's answer. */
export function errorBody(code: string, message: string): string {
  return JSON.stringify({ __type: code, message });
}
