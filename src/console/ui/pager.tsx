/** The way through a list: the page is part of the address. */

import { Button, Group } from '@mantine/core';
import { useSearchParams } from 'wouter';

/** Leads to the next page, and back to the first. */
export function Pager({ page }: { page: { readonly hasNextPage: boolean; readonly endCursor: string | null } }) {
  const [parameters, setParameters] = useSearchParams();
  const isFirst = !parameters.has('after');
  if (isFirst && !page.hasNextPage) return null;
  const open = (after: string | null) =>
    setParameters((present) => {
      const next = new URLSearchParams(present);
      if (after === null) next.delete('after');
      else next.set('after', after);
      return next;
    });
  return (
    <Group component="nav" aria-label="Pages">
      <Button variant="default" disabled={isFirst} onClick={() => open(null)}>
        First page
      </Button>
      <Button variant="default" disabled={!page.hasNextPage} onClick={() => open(page.endCursor)}>
        Next page
      </Button>
    </Group>
  );
}
