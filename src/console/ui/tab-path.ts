/** Where the tabs of a view lie. Pure. */

/** What means the same on every tab of a view; other filters and pages are of one tab. */
const SHARED = ['window'];

/** Address of a tab, with what it shares with the present one. @param view the address of the first tab. */
export function tabPath(view: string, tab: string, parameters: URLSearchParams): string {
  const kept = new URLSearchParams([...parameters].filter(([name]) => SHARED.includes(name)));
  const path = tab === 'summary' ? view : `${view}/${tab}`;
  return kept.size > 0 ? `${path}?${kept}` : path;
}
