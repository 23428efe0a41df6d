/** What became of a call to AWS that is no PutRecords: refused with a cause, or not answered readably. */

import { KinesisServiceException } from '@aws-sdk/client-kinesis';
import { STSServiceException } from '@aws-sdk/client-sts';
import { nameFault } from './connection-fault.js';
import { classify } from './fault.js';
import { NoKeysError } from './keys.js';
import type { HaltingCause } from './record.js';

/**
 * Why a call failed; nothing in it is secret.
 * - `refused`: AWS answered and refused; `cause` is null where the code says nothing that a person could act on.
 * - `unreachable`: AWS answered 5xx, not readably, or not in time; `reason` is short and for people.
 */
export type CallFault =
  | {
      readonly kind: 'refused';
      readonly cause: HaltingCause | 'THROTTLED' | 'KMS_THROTTLED' | null;
      /** As on the wire; null if it was this process that refused. */
      readonly awsCode: string | null;
      readonly awsRequestId: string | null;
    }
  | { readonly kind: 'unreachable'; readonly reason: string; readonly awsRequestId: string | null };

/** Reads what a call of the client threw, an abort by its deadline included. */
export function readCallFault(error: unknown): CallFault {
  if (error instanceof NoKeysError) return error.fault;
  if (!(error instanceof KinesisServiceException || error instanceof STSServiceException))
    return { kind: 'unreachable', reason: nameFault(error), awsRequestId: null };
  const { httpStatusCode: httpStatus = 0, requestId: awsRequestId = null } = error.$metadata;
  if (httpStatus >= 500) return { kind: 'unreachable', reason: error.name, awsRequestId };
  const fault = classify({ code: error.name, httpStatus, message: error.message });
  const cause = fault.kind === 'halt' || fault.kind === 'throttle' ? fault.cause : null;
  return { kind: 'refused', cause, awsCode: error.name, awsRequestId };
}

/** What a call found, or why it found nothing. */
export type Finding<Value> = { readonly value: Value } | { readonly fault: CallFault };

/** Waits for a call; what it throws becomes a fault, an abort by its deadline included. */
export async function find<Value>(call: Promise<Value>): Promise<Finding<Value>> {
  try {
    return { value: await call };
  } catch (error) {
    return { fault: readCallFault(error) };
  }
}
