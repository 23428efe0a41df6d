/** The encryption keys that a process may use, by their ids: all of them open, the current one seals. */

/** Encryption keys by id. */
export interface KeyRing {
  /** The key that seals. */
  readonly currentId: string;
  /** 32 bytes each. */
  readonly keys: ReadonlyMap<string, Buffer>;
}

/** The id of a key that was given without one, and of all seals of before there were ids. */
export const DEFAULT_KEY_ID = 'default';

/** A ring with one key, of 32 bytes. */
export function ringOfOne(key: Buffer): KeyRing {
  return { currentId: DEFAULT_KEY_ID, keys: new Map([[DEFAULT_KEY_ID, key]]) };
}
