/** Names for calls that start or make something: a call sent twice under one name is answered once. */

import { useCallback, useRef } from 'react';

const BYTES = 16;

/** The name of the call to come. */
export interface IdempotencyKey {
  readonly current: string;
  /** For the next call: once this one was answered. */
  renew(): void;
}

/** Holds a name that lasts until the call was answered, also over attempts that got no answer. */
export function useIdempotencyKey(): IdempotencyKey {
  const key = useRef<string>(undefined);
  key.current ??= drawKey();
  const renew = useCallback(() => {
    key.current = drawKey();
  }, []);
  return { current: key.current, renew };
}

/** `crypto.randomUUID` is missing on pages that are served without TLS; this is not. */
function drawKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
