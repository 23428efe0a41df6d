/** How far an export is, as a bar of its outcomes. */

import { Progress, Text } from '@mantine/core';
import type { ExportRowFragment } from '../generated/graphql.js';
import { formatCount } from './words.js';

/** What the bar shows. */
export type ExportProgress = Pick<ExportRowFragment, 'received' | 'delivered' | 'failed' | 'skipped'>;

/** How much of an export is settled, 0–100 and rounded down: 100 means that nothing is left. */
export function settledPercent({ received, delivered, failed, skipped }: ExportProgress): number {
  const all = Number(received);
  if (all === 0) return 0;
  return Math.floor((100 * (Number(delivered) + Number(failed) + Number(skipped))) / all);
}

/** The bar, with its numbers in words below. */
export function ExportBar({ progress }: { progress: ExportProgress }) {
  const { received, delivered, failed, skipped } = progress;
  const share = (count: number | string) => (100 * Number(count)) / Math.max(1, Number(received));
  const percent = settledPercent(progress);
  return (
    <>
      <Progress.Root size="lg">
        <Progress.Section value={share(delivered)} color="green" aria-label={`${percent} % settled`} />
        <Progress.Section value={share(failed)} color="red" withAria={false} />
        <Progress.Section value={share(skipped)} color="gray" withAria={false} />
      </Progress.Root>
      <Text size="sm" mt={4}>
        {percent} % of {formatCount(received)}: {formatCount(delivered)} delivered, {formatCount(failed)} failed,{' '}
        {formatCount(skipped)} skipped
      </Text>
    </>
  );
}
