/** A change of a credential. */

import type { CredentialCardFragment } from '../generated/graphql.js';

/** What is changed. */
export interface CredentialChangeProps {
  readonly credential: CredentialCardFragment;
  /** Called once it is changed. */
  readonly onDone: () => void;
}
