/** A part of a view under a heading of its own. */

import { Group, Stack, Title } from '@mantine/core';
import type { ReactNode } from 'react';

/** A part of a view. */
export interface SectionProps {
  readonly title: string;
  /** What can be done there, beside the heading. */
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** Shows a part of a view. */
export function Section({ title, actions, children }: SectionProps) {
  return (
    <Stack gap="sm">
      <Group justify="space-between">
        <Title order={2} size="h4">
          {title}
        </Title>
        {actions}
      </Group>
      {children}
    </Stack>
  );
}
