/** The way through a list, to both ends: the page is part of the address. */

import { Button, Group } from '@mantine/core';
import { useSearchParams } from 'wouter';
import type { PageFragment } from '../generated/graphql.js';
import { FIRST_PAGE, PAGE_SIZE, type PageVariables, readPage, withPage } from './page.js';

/** Which list, and where its page lies. */
export interface PagerProps {
  readonly page: PageFragment;
  /** Its name in the address, where a view has several lists. */
  readonly list?: string;
}

/** Leads to the pages before and after, to the first and the last; nothing if there is one page only. */
export function Pager({ page, list = '' }: PagerProps) {
  const { hasPreviousPage, hasNextPage, startCursor, endCursor } = page;
  const [parameters, setParameters] = useSearchParams();
  const present = readPage(parameters, list);
  const isFirst = 'first' in present && present.after === null;
  if (isFirst && !hasNextPage) return null;
  const open = (next: PageVariables) => setParameters((before) => withPage(before, next, list));
  return (
    <Group component="nav" aria-label={list === '' ? 'Pages' : `Pages of ${list}`} gap="xs">
      <Button variant="default" disabled={isFirst} onClick={() => open(FIRST_PAGE)}>
        First page
      </Button>
      <Button
        variant="default"
        disabled={!hasPreviousPage || startCursor === null}
        onClick={() => open({ last: PAGE_SIZE, before: startCursor })}
      >
        Previous page
      </Button>
      <Button
        variant="default"
        disabled={!hasNextPage || endCursor === null}
        onClick={() => open({ first: PAGE_SIZE, after: endCursor })}
      >
        Next page
      </Button>
      <Button variant="default" disabled={!hasNextPage} onClick={() => open({ last: PAGE_SIZE, before: null })}>
        Last page
      </Button>
    </Group>
  );
}
