/** Idempotency keys: a call sent again within 24 h gives the first answer and starts nothing. */

import { createHash } from 'node:crypto';
import type { Db } from '../storage/database.js';
import { claimIdempotencyKey, findRememberedCall, storeIdempotentAnswer } from '../storage/idempotency-keys.js';
import { noteTarget } from './audit.js';
import type { InputIssues } from './input-issues.js';
import { ConflictError, type NodeReference } from './user-error.js';

/** What a call made; the first object is the one that a conflict points to. */
export type MadeObjects = [NodeReference, ...NodeReference[]];

/** A call that must have its effect once. */
export interface IdempotentCall {
  workspaceId: number;
  /** Name of the mutation. */
  operation: string;
  /** The caller's name for the call, checked by {@link checkIdempotencyKey}; null or undefined: the work always runs. */
  key: string | null | undefined;
  /** What is compared, without the key; secrets replaced by their fingerprint (`SecretSeal.fingerprint`). */
  input: object;
}

/** Checks the field `idempotencyKey` of an input: 1–255 characters. */
export function checkIdempotencyKey(issues: InputIssues, key: string | null | undefined): void {
  if (key != null) issues.checkText('idempotencyKey', key, { min: 1, max: 255 });
}

/**
 * Runs the work, or answers what the first call with the same key and input made. Of calls at the same time, one runs
 * and the others wait for its transaction.
 * @param tx the transaction that the work runs in; call this first in it, since it may wait.
 * @returns what was made, by this call or (`repeated`) by the first one; it may be deleted since.
 * @throws {ConflictError} IDEMPOTENCY_KEY_REUSED if the first call had another input.
 */
export async function runOnce(
  tx: Db,
  call: IdempotentCall,
  work: () => Promise<MadeObjects>,
): Promise<{ answer: MadeObjects; repeated: boolean }> {
  const done = call.key == null ? { answer: await work(), repeated: false } : await findOrRun(tx, call, work);
  noteTarget(tx, done.answer[0]);
  return done;
}

async function findOrRun(
  tx: Db,
  call: IdempotentCall,
  work: () => Promise<MadeObjects>,
): Promise<{ answer: MadeObjects; repeated: boolean }> {
  const name = { workspaceId: call.workspaceId, operation: call.operation, key: call.key ?? '' };
  const inputHash = hashInput(call.input);
  if (await claimIdempotencyKey(tx, name, inputHash)) {
    const answer = await work();
    await storeIdempotentAnswer(tx, name, answer);
    return { answer, repeated: false };
  }
  const remembered = await findRememberedCall(tx, name);
  const [first, ...others] = remembered?.answer ?? [];
  // Forgotten between the two statements, because its 24 h were over: the key is new.
  if (!remembered || !first) return findOrRun(tx, call, work);
  if (!remembered.inputHash.equals(inputHash)) throw keyReused(first, 'with another input');
  return { answer: [first, ...others], repeated: true };
}

/** For a repeated call whose object was deleted since: it can give the first answer no more. */
export function keyReused(current: NodeReference, how: string): ConflictError {
  return new ConflictError(
    'IDEMPOTENCY_KEY_REUSED',
    `This \`idempotencyKey\` was used ${how} within 24 h: choose another key for a new call.`,
    { path: ['input', 'idempotencyKey'], current },
  );
}

/**
 * SHA-256 of the input as JSON with sorted keys: the order of fields, and whether an absent one is undefined or
 * missing, make no difference.
 */
export function hashInput(input: object): Buffer {
  return createHash('sha256').update(canonicalJson(input)).digest();
}

function canonicalJson(value: unknown): string {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Date) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, field]) => `${JSON.stringify(name)}:${canonicalJson(field)}`);
  return `{${fields.join(',')}}`;
}
