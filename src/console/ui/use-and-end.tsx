/** When a key was used last, and when it ends. */

import { MomentText } from './moment-text.js';

/** As the API tells it; null is never. */
export interface UseAndEndProps {
  readonly lastUsedAt: string | null;
  readonly expiresAt: string | null;
}

/** Shows them. */
export function UseAndEnd({ lastUsedAt, expiresAt }: UseAndEndProps) {
  return (
    <>
      {lastUsedAt === null ? (
        'Never used'
      ) : (
        <>
          Last used <MomentText at={lastUsedAt} />
        </>
      )}
      {expiresAt !== null && (
        <>
          , expires <MomentText at={expiresAt} />
        </>
      )}
    </>
  );
}
