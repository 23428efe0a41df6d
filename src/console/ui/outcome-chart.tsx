/** Delivered, failed and skipped records over time. */

import '@mantine/charts/styles.css';
import { BarChart } from '@mantine/charts';
import { Text } from '@mantine/core';
import type { PeriodFragment } from '../generated/graphql.js';
import { formatCount } from './words.js';

const times = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const days = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' });
const MS_OF_A_DAY = 86_400_000;
const HEIGHT_PX = 220;

const SERIES = [
  { name: 'delivered', label: 'Delivered', color: 'green.7' },
  { name: 'failed', label: 'Failed', color: 'red.7' },
  { name: 'skipped', label: 'Skipped', color: 'gray.5' },
];

/** Stacked bars, one a period. */
export function OutcomeChart({ periods }: { periods: readonly PeriodFragment[] }) {
  const sum = (outcome: 'delivered' | 'failed' | 'skipped') =>
    periods.reduce((total, period) => total + Number(period[outcome]), 0);
  const summary = SERIES.map(({ name, label }) => `${label} ${formatCount(sum(name as 'delivered'))}`).join(', ');
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
  const [first] = periods;
  const last = periods.at(-1);
  if (!first || !last) return [];
  const isLong = Date.parse(last.to) - Date.parse(first.from) > MS_OF_A_DAY;
  return periods.map(({ from, delivered, failed, skipped }) => ({
    from: (isLong ? days : times).format(new Date(from)),
    delivered: Number(delivered),
    failed: Number(failed),
    skipped: Number(skipped),
  }));
}
