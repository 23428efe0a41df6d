/** What every view has: a heading, the title of the tab, the way up, and what can be done here. */

import { Anchor, Breadcrumbs, Group, Stack, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useViewStart } from './view-start.js';

/** A view above this one. */
export interface Ancestor {
  readonly href: string;
  readonly label: string;
}

/** What a view is framed with. */
export interface ViewFrameProps {
  readonly title: string;
  /** From the outermost inwards. */
  readonly above?: readonly Ancestor[];
  /** Buttons beside the heading. */
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** Frames a view. */
export function ViewFrame({ title, above = [], actions, children }: ViewFrameProps) {
  useDocumentTitle(`${title} · Tributary`);
  const heading = useViewStart();
  return (
    <Stack gap="lg">
      <Stack gap={4}>
        {above.length > 0 && (
          <Breadcrumbs component="nav" aria-label="Above this view">
            {above.map(({ href, label }) => (
              <Anchor key={href} component={Link} href={href} size="sm">
                {label}
              </Anchor>
            ))}
          </Breadcrumbs>
        )}
        <Group justify="space-between">
          <Title order={1} size="h2" ref={heading} tabIndex={-1}>
            {title}
          </Title>
          {actions && <Group gap="xs">{actions}</Group>}
        </Group>
      </Stack>
      {children}
    </Stack>
  );
}
