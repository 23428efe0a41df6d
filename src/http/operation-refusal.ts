/** Operations that are refused before they run. */

import { GraphQLError } from 'graphql';

/** The error that says so. @param status of the answer over HTTP; without one it is Apollo's, and WebSocket has none. */
export function refuseOperation(code: string, message: string, status?: number): GraphQLError {
  return new GraphQLError(message, { extensions: { code, ...(status !== undefined && { http: { status } }) } });
}
