/** A moment in the reader's zone; the exact one is its title. */

import { formatMoment } from './words.js';

/** Shows a moment. @param props.at ISO 8601. */
export function MomentText({ at }: { at: string }) {
  return (
    <time dateTime={at} title={at}>
      {formatMoment(at)}
    </time>
  );
}
