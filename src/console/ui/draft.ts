/** What somebody puts together in several steps: kept in the tab until it is done, so that a reload does not lose it. */

import { useSyncExternalStore } from 'react';
import { TAB_PREFIX } from '../tab-storage.js';

/** A draft, and what can be done with it. */
export interface Draft<Content> {
  readonly content: Content;
  change(how: (before: Content) => Content): void;
  /** Ends it; the next one begins anew. */
  forget(): void;
}

const PREFIX = `${TAB_PREFIX}draft.`;
const listeners = new Set<() => void>();

/**
 * The draft of a name. It lies in the tab's session storage and nowhere else, which ends with the session; a secret has no
 * place in it. Since it is read from there, a change is seen at once, also by what the next line does to the address.
 * @param initial what it begins with.
 */
export function useDraft<Content extends object>(name: string, initial: Content): Draft<Content> {
  const key = PREFIX + name;
  const text = useSyncExternalStore(listen, () => sessionStorage.getItem(key));
  return {
    content: restore(text, initial),
    change(how) {
      sessionStorage.setItem(key, JSON.stringify(how(restore(sessionStorage.getItem(key), initial))));
      announce();
    },
    forget() {
      sessionStorage.removeItem(key);
      announce();
    },
  };
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function announce(): void {
  for (const listener of listeners) listener();
}

function restore<Content extends object>(text: string | null, initial: Content): Content {
  const stored = parse(text);
  return isLike(initial, stored) ? stored : initial;
}

/** @returns null for what nobody can read: a draft begins anew then. */
function parse(text: string | null): unknown {
  try {
    return text === null ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

/** Whether what is stored has the fields of a draft: it may be that of an older console. */
function isLike<Content extends object>(initial: Content, stored: unknown): stored is Content {
  if (typeof stored !== 'object' || stored === null) return false;
  const values = new Map<string, unknown>(Object.entries(stored));
  return Object.entries(initial).every(([name, value]) => values.has(name) && hasKind(value, values.get(name)));
}

/** An empty number is null. */
function hasKind(example: unknown, value: unknown): boolean {
  if (example === null) return value === null || typeof value === 'number';
  return typeof value === typeof example && Array.isArray(value) === Array.isArray(example);
}
