/** Signing in by a link: the token in its fragment is given back for an API key, once. */

import { keepKey } from './session.js';

const FORM = /^#sign-in=(?<token>[\w-]+)$/;
const SPENT = 'The link was used already or has expired. Make another, or sign in with a key.';
const UNREACHABLE = 'The server did not answer the link. Check that it runs, then make another link.';

/**
 * Takes the token out of the address, before anything else sees it, and keeps the key that the server gives for it.
 * @returns why that failed; null if it did not, or the page was opened without a link.
 */
export async function followSignInLink(): Promise<string | null> {
  const token = FORM.exec(window.location.hash)?.groups?.['token'];
  if (token === undefined) return null;
  window.history.replaceState(null, '', window.location.pathname + window.location.search);
  try {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch('/sign-ins', { method: 'POST', headers, body: JSON.stringify({ token }) });
    const { apiKey }: { apiKey?: string } = await response.json();
    if (apiKey === undefined) return SPENT;
    keepKey(apiKey);
    return null;
  } catch {
    return UNREACHABLE;
  }
}
