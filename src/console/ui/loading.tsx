/** Says that something is on its way. */

import { Loader } from '@mantine/core';

/** The sign, for eyes and for screen readers. */
export function Loading() {
  return <Loader role="status" aria-label="Loading" />;
}
