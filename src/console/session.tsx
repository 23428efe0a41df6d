/** Who is signed in: an API key, kept for this tab only, and never in an address. With it go the drafts of the tab. */

import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from 'react';
import { emptyTab, TAB_PREFIX } from './tab-storage.js';

/** The session of this tab. */
export interface Session {
  /** Null while nobody is signed in. */
  readonly apiKey: string | null;
  signIn(apiKey: string): void;
  signOut(): void;
}

const STORAGE_KEY = `${TAB_PREFIX}apiKey`;

const SessionContext = createContext<Session | null>(null);

/** Keeps a key before the session begins: who opens the page is signed in with it. Drafts of whoever was here go. */
export function keepKey(apiKey: string): void {
  emptyTab();
  sessionStorage.setItem(STORAGE_KEY, apiKey);
}

/** Gives the session to everything inside. */
export function SessionProvider({ children }: { children: ReactNode }) {
  const [apiKey, setApiKey] = useState(() => sessionStorage.getItem(STORAGE_KEY));
  const signIn = useCallback((key: string) => {
    keepKey(key);
    setApiKey(key);
  }, []);
  const signOut = useCallback(() => {
    emptyTab();
    setApiKey(null);
  }, []);
  const session = useMemo(() => ({ apiKey, signIn, signOut }), [apiKey, signIn, signOut]);
  return <SessionContext value={session}>{children}</SessionContext>;
}

/** The session. @throws {Error} outside of its provider. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error('There is no SessionProvider around this component.');
  return session;
}
