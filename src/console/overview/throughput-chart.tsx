/** What the whole workspace delivered over the last hour. */

import type { PeriodFragment } from '../generated/graphql.js';
import { OutcomeChart } from '../ui/outcome-chart.js';
import { Section } from '../ui/section.js';

/** The chart of the last hour. */
export function ThroughputChart({ periods }: { periods: readonly PeriodFragment[] }) {
  return (
    <Section title="Records of the last hour">
      <OutcomeChart periods={periods} />
    </Section>
  );
}
