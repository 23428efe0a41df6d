/** Delivered, failed and skipped records over time. */

import '@mantine/charts/styles.css';
import { BarChart } from '@mantine/charts';
import { Text } from '@mantine/core';
import type { PeriodFragment } from '../generated/graphql.js';
import { labelPeriods } from './period-labels.js';
import { formatCount } from './words.js';

const HEIGHT_PX = 220;

type Outcome = 'delivered' | 'failed' | 'skipped';

const SERIES: { name: Outcome; label: string; color: string }[] = [
  { name: 'delivered', label: 'Delivered', color: 'green.7' },
  { name: 'failed', label: 'Failed', color: 'red.7' },
  { name: 'skipped', label: 'Skipped', color: 'gray.5' },
];

/** Stacked bars, one a period. */
export function OutcomeChart({ periods }: { periods: readonly PeriodFragment[] }) {
  const sum = (outcome: Outcome) => periods.reduce((total, period) => total + Number(period[outcome]), 0);
  const summary = SERIES.map(({ name, label }) => `${label} ${formatCount(sum(name))}`).join(', ');
  return (
    <figure style={{ margin: 0 }}>
      <BarChart
        h={HEIGHT_PX}
        data={toPoints(periods)}
        dataKey="from"
        type="stacked"
        series={SERIES}
        valueFormatter={formatCount}
        withLegend
        barProps={{ isAnimationActive: false }}
        barChartProps={{ accessibilityLayer: false }}
        aria-hidden
      />
      <Text component="figcaption" size="sm" c="dimmed">
        {summary}
      </Text>
    </figure>
  );
}

function toPoints(periods: readonly PeriodFragment[]): Record<string, string | number>[] {
  const labels = labelPeriods(periods);
  return periods.map(({ delivered, failed, skipped }, index) => ({
    from: labels[index] ?? '',
    delivered: Number(delivered),
    failed: Number(failed),
    skipped: Number(skipped),
  }));
}
