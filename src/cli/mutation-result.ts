/** Reads the unions that mutations answer with. */

import { ApiError } from './command-error.js';

/** An answer's member; errors have a message and perhaps issues. */
interface Member {
  readonly __typename: string;
  readonly message?: string;
  readonly issues?: readonly { readonly message: string }[];
}

/**
 * Gives the success of a mutation.
 * @param typename name of the success type.
 * @throws {ApiError} with the server's own text if it is one of the errors.
 */
export function expectSuccess<Result extends Member, Name extends Result['__typename']>(
  result: Result,
  typename: Name,
): Extract<Result, { __typename: Name }> {
  if (isMember(result, typename)) return result;
  const texts = result.issues?.map((issue) => issue.message) ?? [result.message ?? ''];
  throw new ApiError(`${result.__typename}: ${texts.join(' ')}`);
}

/** Whether an answer is the member of this name. */
export function isMember<Result extends Member, Name extends Result['__typename']>(
  result: Result,
  typename: Name,
): result is Extract<Result, { __typename: Name }> {
  return result.__typename === typename;
}
