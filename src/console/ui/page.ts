/** Which page of a list is shown: part of the address, beside the filter. */

/** The arguments of a connection. */
export type PageVariables =
  | { readonly first: number; readonly after: string | null }
  | { readonly last: number; readonly before: string | null };

/** Names of the parameters. */
const AFTER = 'after';
const BEFORE = 'before';
const PAGE = 'page';
const LAST = 'last';

/** How many a page shows. */
export const PAGE_SIZE = 50;

/** Where a list begins, such as under another filter. */
export const FIRST_PAGE: PageVariables = { first: PAGE_SIZE, after: null };

/** The page of an address; the first if it names none. */
export function readPage(parameters: URLSearchParams): PageVariables {
  if (parameters.get(PAGE) === LAST) return { last: PAGE_SIZE, before: null };
  const before = parameters.get(BEFORE);
  if (before !== null) return { last: PAGE_SIZE, before };
  return { first: PAGE_SIZE, after: parameters.get(AFTER) };
}

/** The same address with another page; the filter stays. */
export function withPage(parameters: URLSearchParams, page: PageVariables): URLSearchParams {
  const next = new URLSearchParams(parameters);
  for (const name of [AFTER, BEFORE, PAGE]) next.delete(name);
  if ('first' in page && page.after !== null) next.set(AFTER, page.after);
  if ('last' in page && page.before !== null) next.set(BEFORE, page.before);
  if ('last' in page && page.before === null) next.set(PAGE, LAST);
  return next;
}
