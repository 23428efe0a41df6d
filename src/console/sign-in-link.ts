/** Signing in by a link: the token in its fragment is given back for an API key, once. */

const FORM = /^#sign-in=(?<token>[\w-]+)$/;
const SPENT = 'The link was used already or has expired. Make another, or sign in with a key.';
const UNREACHABLE = 'The server did not answer the link. Check that it runs, then make another link.';

/** What a link led to. */
export type LinkOutcome = { apiKey: string } | { fault: string };

/** Takes the token out of the address, before anything else sees it, and asks for its key. @returns null without one. */
export async function followSignInLink(): Promise<LinkOutcome | null> {
  const token = FORM.exec(window.location.hash)?.groups?.['token'];
  if (token === undefined) return null;
  window.history.replaceState(null, '', window.location.pathname + window.location.search);
  try {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch('/sign-ins', { method: 'POST', headers, body: JSON.stringify({ token }) });
    const { apiKey }: { apiKey?: string } = await response.json();
    return apiKey === undefined ? { fault: SPENT } : { apiKey };
  } catch {
    return { fault: UNREACHABLE };
  }
}
