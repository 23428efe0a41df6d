/** One number with what it counts. */

import { Text } from '@mantine/core';

/** A number with its label; `isAlarming` sets it off where it needs a look. */
export function Figure({ label, value, isAlarming = false }: { label: string; value: string; isAlarming?: boolean }) {
  return (
    <div>
      <Text component="dt" size="xs" c="dimmed">
        {label}
      </Text>
      <Text component="dd" m={0} fw={600} {...(isAlarming && { c: 'var(--mantine-color-error)' })}>
        {value}
      </Text>
    </div>
  );
}
