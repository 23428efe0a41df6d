/** Statistics over a stretch of time: outcomes, latency, and what did not go well by code. */

import '@mantine/charts/styles.css';
import { LineChart } from '@mantine/charts';
import { Stack, Text, Title } from '@mantine/core';
import type { CountsFragment, PeriodFragment } from '../generated/graphql.js';
import { CodeTable } from './code-table.js';
import { OutcomeChart } from './outcome-chart.js';
import { labelPeriods } from './period-labels.js';
import { formatBytes, formatCount } from './words.js';

/** What was delivered over a stretch of time, whole and by period. */
export interface History {
  readonly total: CountsFragment & PeriodFragment;
  readonly buckets: readonly PeriodFragment[];
}

const HEIGHT_PX = 180;
const SERIES = [
  { name: 'p50', label: 'Half within', color: 'blue.6' },
  { name: 'p95', label: '95 % within', color: 'orange.6' },
  { name: 'p99', label: '99 % within', color: 'red.6' },
];

/** The charts. */
export function StatisticsCharts({ history }: { history: History }) {
  const { total, buckets } = history;
  return (
    <Stack gap="sm">
      <OutcomeChart periods={buckets} />
      <Text size="sm">
        {formatBytes(total.bytes)} sent in {formatCount(total.attempts)} attempts;{' '}
        {formatCount(total.possibleDuplicates)} possible duplicates.
      </Text>
      {total.latency && <LatencyChart buckets={buckets} total={total.latency} />}
      {total.codes.length > 0 && <CodeTable codes={total.codes} />}
    </Stack>
  );
}

function LatencyChart({
  buckets,
  total,
}: {
  buckets: History['buckets'];
  total: { p50Ms: number; p95Ms: number; p99Ms: number };
}) {
  const labels = labelPeriods(buckets);
  const points = buckets.map(({ latency }, index) => ({
    from: labels[index] ?? '',
    p50: latency?.p50Ms ?? null,
    p95: latency?.p95Ms ?? null,
    p99: latency?.p99Ms ?? null,
  }));
  return (
    <figure style={{ margin: 0 }}>
      <Title order={3} size="h5" mb="xs">
        Latency, from the change to the stream
      </Title>
      <LineChart
        h={HEIGHT_PX}
        data={points}
        dataKey="from"
        series={SERIES}
        unit=" ms"
        withLegend
        connectNulls={false}
        lineProps={{ isAnimationActive: false }}
        lineChartProps={{ accessibilityLayer: false }}
        aria-hidden
      />
      <Text component="figcaption" size="sm" c="dimmed">
        Half within {formatCount(total.p50Ms)} ms, 95 % within {formatCount(total.p95Ms)} ms, 99 % within{' '}
        {formatCount(total.p99Ms)} ms
      </Text>
    </figure>
  );
}
