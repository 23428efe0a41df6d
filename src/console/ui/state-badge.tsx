/** States of destinations, exports and records: a coloured dot, and the word beside it. */

import { Badge, ColorSwatch } from '@mantine/core';
import { capitalize, toWords } from './words.js';

const COLOURS: Readonly<Record<string, string>> = {
  HEALTHY: 'green',
  SUCCEEDED: 'green',
  DELIVERED: 'green',
  PASSED: 'green',
  ACTIVE: 'green',
  RECOVERED: 'green',
  RUNNING: 'blue',
  PREPARING: 'blue',
  RETRYING: 'blue',
  THROTTLED: 'yellow',
  DEGRADED: 'orange',
  WARNING: 'orange',
  CANCELING: 'orange',
  PARTIALLY_FAILED: 'orange',
  HALTED: 'red',
  FAILED: 'red',
  OPEN: 'red',
};

/** The colour that goes with a state, as CSS. */
export function stateColour(state: string): string {
  return `var(--mantine-color-${COLOURS[state] ?? 'gray'}-6)`;
}

/** Shows a state; the colour never says more than the word. */
export function StateBadge({ state }: { state: string }) {
  return (
    <Badge
      variant="default"
      tt="none"
      miw="max-content"
      fw={600}
      leftSection={<ColorSwatch component="span" size={8} color={stateColour(state)} withShadow={false} />}
    >
      {capitalize(toWords(state))}
    </Badge>
  );
}
