/** Which stretch of time statistics cover; part of the address, so that it can be shared. */

import { SegmentedControl } from '@mantine/core';
import { useSearchParams } from 'wouter';
import type { StatisticsWindow } from '../generated/graphql.js';
import { withParameter } from './page.js';

const WINDOWS: readonly { value: StatisticsWindow; label: string }[] = [
  { value: 'LAST_HOUR', label: '1 h' },
  { value: 'LAST_24_HOURS', label: '24 h' },
  { value: 'LAST_7_DAYS', label: '7 d' },
  { value: 'LAST_30_DAYS', label: '30 d' },
];

/** Reads a window of an address; an hour if it names none. */
export function readWindow(text: string | null): StatisticsWindow {
  return WINDOWS.find(({ value }) => value === text)?.value ?? 'LAST_HOUR';
}

/** The choice. */
export function WindowChoice({ window }: { window: StatisticsWindow }) {
  const [, setParameters] = useSearchParams();
  return (
    <SegmentedControl
      aria-label="Time covered"
      data={[...WINDOWS]}
      value={window}
      onChange={(value) => setParameters((present) => withParameter(present, 'window', value), { replace: true })}
    />
  );
}
