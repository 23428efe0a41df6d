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

/** The page of an address; the first if it names none. @param list its name, where a view has several lists. */
export function readPage(parameters: URLSearchParams, list = ''): PageVariables {
  if (parameters.get(nameOf(PAGE, list)) === LAST) return { last: PAGE_SIZE, before: null };
  const before = parameters.get(nameOf(BEFORE, list));
  if (before !== null) return { last: PAGE_SIZE, before };
  return { first: PAGE_SIZE, after: parameters.get(nameOf(AFTER, list)) };
}

/** The same address with another page; the filter and the pages of other lists stay. */
export function withPage(parameters: URLSearchParams, page: PageVariables, list = ''): URLSearchParams {
  const next = new URLSearchParams(parameters);
  for (const name of [AFTER, BEFORE, PAGE]) next.delete(nameOf(name, list));
  if ('first' in page && page.after !== null) next.set(nameOf(AFTER, list), page.after);
  if ('last' in page && page.before !== null) next.set(nameOf(BEFORE, list), page.before);
  if ('last' in page && page.before === null) next.set(nameOf(PAGE, list), LAST);
  return next;
}

/** The same address under another choice, which begins at its first page; null takes the choice away. */
export function withChoice(parameters: URLSearchParams, name: string, value: string | null): URLSearchParams {
  return withParameter(withPage(parameters, FIRST_PAGE), name, value);
}

/** The same address with a choice that no page depends on; null takes it away. */
export function withParameter(parameters: URLSearchParams, name: string, value: string | null): URLSearchParams {
  const next = new URLSearchParams(parameters);
  if (value === null) next.delete(name);
  else next.set(name, value);
  return next;
}

function nameOf(part: string, list: string): string {
  return list === '' ? part : `${list}-${part}`;
}
