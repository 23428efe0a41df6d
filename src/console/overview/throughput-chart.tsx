/** What the whole workspace delivered over the last hour. */

import { Stack, Title } from '@mantine/core';
import type { PeriodFragment } from '../generated/graphql.js';
import { OutcomeChart } from '../ui/outcome-chart.js';

/** The chart of the last hour. */
export function ThroughputChart({ periods }: { periods: readonly PeriodFragment[] }) {
  return (
    <Stack gap="xs">
      <Title order={2} size="h4">
        Records of the last hour
      </Title>
      <OutcomeChart periods={periods} />
    </Stack>
  );
}
