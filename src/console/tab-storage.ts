/** What the tab keeps until it is closed: the key, and drafts. Other pages of this origin may keep things there as well. */

/** What the console's names begin with. */
export const TAB_PREFIX = 'tributary.';

/** Takes away all that the console keeps, and nothing else. */
export function emptyTab(): void {
  for (const name of Object.keys(sessionStorage)) if (name.startsWith(TAB_PREFIX)) sessionStorage.removeItem(name);
}
