/** Where a view begins for the keyboard and for screen readers: at its heading, when it came in the place of another view. */

import { type RefObject, useEffect, useRef } from 'react';

/** The first view begins where the browser begins, before everything else on the page. */
let hasShownView = false;

/** Takes the focus to a view that is new; not where only a tab, a step or a choice is. @returns for its heading, which needs a `tabIndex`. */
export function useViewStart(): RefObject<HTMLHeadingElement | null> {
  const heading = useRef<HTMLHeadingElement>(null);
  const hasBegun = useRef(false);
  useEffect(() => {
    // React's strict mode asks twice.
    if (hasBegun.current) return;
    hasBegun.current = true;
    if (hasShownView) heading.current?.focus();
    hasShownView = true;
  }, []);
  return heading;
}
