/** What an answer that comes late may still do: who asked for it may be elsewhere by then. */

import { useCallback, useLayoutEffect, useRef } from 'react';
import { useLocation } from 'wouter';

/** Answers whether the component is shown still. */
export function usePresence(): () => boolean {
  const isShown = useRef(false);
  // Not a passive effect: it would last while the code of the next view is loaded, and this one is only hidden.
  useLayoutEffect(() => {
    isShown.current = true;
    return () => {
      isShown.current = false;
    };
  }, []);
  return useCallback(() => isShown.current, []);
}

/** Leads to an address, but nobody who has left the component. */
export function useNavigateFromHere(): (address: string) => void {
  const [, navigate] = useLocation();
  const isHere = usePresence();
  return (address) => {
    if (isHere()) navigate(address);
  };
}
