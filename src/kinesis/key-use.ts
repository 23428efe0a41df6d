/** Calls with keys that may change under them: a refusal for the keys is worth one more try with others. */

import { type Finding, find, readCallFault } from './call-fault.js';
import { isKeyFault } from './fault.js';
import type { AwsKeys, KeySource } from './keys.js';

/** Waits for keys, no longer than until `signal` aborts. */
export function findKeys(keys: KeySource, signal: AbortSignal): Promise<Finding<AwsKeys>> {
  return find(untilAborted(keys.get(), signal));
}

/** Makes a call; if it is refused for its keys, once more with others. @throws what the call throws; {@link NoKeysError}. */
export async function withKeys<Answer>(
  keys: KeySource,
  signal: AbortSignal,
  call: () => Promise<Answer>,
): Promise<Answer> {
  const used = await untilAborted(keys.get(), signal);
  try {
    return await call();
  } catch (error) {
    if (!isKeyFault(readCallFault(error)) || !keys.replace(used)) throw error;
  }
  await untilAborted(keys.get(), signal);
  return await call();
}

/** Keys are shared: who asked for them may give up, while others wait on. */
async function untilAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
