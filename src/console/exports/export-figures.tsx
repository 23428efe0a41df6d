/** The numbers of an export: every record is in one of them. */

import { SimpleGrid } from '@mantine/core';
import { Figure } from '../ui/figure.js';
import { formatCount, formatRate } from '../ui/words.js';
import type { Export } from './export-view.js';

const SECONDS_OF_A_MINUTE = 60;

/** Shows the numbers. */
export function ExportFigures({ shown }: { shown: Export }) {
  const { received, delivered, failed, skipped, pending, recovered, recordsPerSecond, latency } = shown;
  return (
    <SimpleGrid component="dl" cols={{ base: 2, sm: 4, lg: 8 }} m={0}>
      <Figure label="Received" value={formatCount(received)} />
      <Figure label="Delivered" value={formatCount(delivered)} />
      <Figure label="Failed" value={formatCount(failed)} isAlarming={Number(failed) > Number(recovered)} />
      <Figure label="Recovered since" value={formatCount(recovered)} />
      <Figure label="Skipped" value={formatCount(skipped)} />
      <Figure label="Pending" value={formatCount(pending)} />
      <Figure label="Rate" value={formatRate(recordsPerSecond)} />
      {shown.finishedAt === null ? (
        <Figure label="Time left" value={timeLeft(Number(pending), recordsPerSecond)} />
      ) : (
        <Figure label="Half within" value={latency ? `${formatCount(latency.p50Ms)} ms` : 'no deliveries'} />
      )}
    </SimpleGrid>
  );
}

/** At the present rate. */
function timeLeft(pending: number, perSecond: number): string {
  if (perSecond <= 0) return 'not known yet';
  const seconds = Math.ceil(pending / perSecond);
  if (seconds < SECONDS_OF_A_MINUTE) return `${seconds} s`;
  return `${formatCount(Math.ceil(seconds / SECONDS_OF_A_MINUTE))} min`;
}
