/** What stands where nothing is yet: what it would be, and what to do next. */

import { Button, Paper, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'wouter';

/** What an empty place says. */
export interface EmptyStateProps {
  readonly title: string;
  readonly children: ReactNode;
  /** Where to go on. */
  readonly action?: { readonly label: string; readonly href: string };
}

/** Fills an empty place. */
export function EmptyState({ title, children, action }: EmptyStateProps) {
  return (
    <Paper withBorder p="xl">
      <Stack align="flex-start" gap="sm">
        <Text fw={600}>{title}</Text>
        <Text c="dimmed">{children}</Text>
        {action && (
          <Button component={Link} href={action.href}>
            {action.label}
          </Button>
        )}
      </Stack>
    </Paper>
  );
}
