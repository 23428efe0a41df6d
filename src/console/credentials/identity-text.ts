/** What a version of a credential authenticates with, in words. */

import { capitalize } from '../ui/words.js';

/** As the schema has it. */
export interface ShownIdentity {
  readonly accessKeyIdLast4: string | null;
  readonly roleArn: string | null;
}

/** A phrase in lower case, such as `access key ending in MPLE`. */
export function tellIdentity({ accessKeyIdLast4, roleArn }: ShownIdentity): string {
  if (accessKeyIdLast4 !== null) return `access key ending in ${accessKeyIdLast4}`;
  return roleArn === null ? "this server's own identity" : `role ${roleArn}`;
}

/** The same as the beginning of a sentence. */
export function startWithIdentity(identity: ShownIdentity): string {
  return capitalize(tellIdentity(identity));
}
