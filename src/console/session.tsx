/** Who is signed in: an API key, kept for this tab only, and never in an address. */

import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from 'react';

/** The session of this tab. */
export interface Session {
  /** Null while nobody is signed in. */
  readonly apiKey: string | null;
  signIn(apiKey: string): void;
  signOut(): void;
}

const STORAGE_KEY = 'tributary.apiKey';

const SessionContext = createContext<Session | null>(null);

/** Gives the session to everything inside. @param linkKey the key of the link that was followed, if it was one. */
export function SessionProvider({ linkKey, children }: { linkKey: string | null; children: ReactNode }) {
  const [apiKey, setApiKey] = useState(() => linkKey ?? sessionStorage.getItem(STORAGE_KEY));
  useEffect(() => {
    if (linkKey !== null) sessionStorage.setItem(STORAGE_KEY, linkKey);
  }, [linkKey]);
  const signIn = useCallback((key: string) => {
    sessionStorage.setItem(STORAGE_KEY, key);
    setApiKey(key);
  }, []);
  const signOut = useCallback(() => {
    sessionStorage.removeItem(STORAGE_KEY);
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
