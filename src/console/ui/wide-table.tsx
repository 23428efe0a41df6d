/** A table that scrolls sideways by itself where the window is too narrow for it, with the keyboard too. */

import { Table } from '@mantine/core';
import type { ReactNode } from 'react';

/** What a table shows. */
export interface WideTableProps {
  /** What it is about, for who cannot see what stands above it. */
  readonly label: string;
  /** Of its columns. */
  readonly titles: readonly string[];
  readonly minWidthPx: number;
  /** Its rows. */
  readonly children: ReactNode;
}

/** Shows rows under titles. */
export function WideTable({ label, titles, minWidthPx, children }: WideTableProps) {
  return (
    <Table.ScrollContainer minWidth={minWidthPx} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
      <Table aria-label={label}>
        <Table.Thead>
          <Table.Tr>
            {titles.map((title) => (
              <Table.Th key={title}>{title}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>{children}</Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
