/** Numbers of an export by segment. */

import { Anchor, Table } from '@mantine/core';
import { Link } from 'wouter';
import { WideTable } from '../ui/wide-table.js';
import { formatCount } from '../ui/words.js';
import type { Export } from './export-view.js';

const TITLES = ['Segment', 'Received', 'Delivered', 'Failed', 'Skipped', 'Pending'];

/** Outcomes by segment; who is in several counts in each. */
export function SegmentTable({ segments }: { segments: Export['segments'] }) {
  return (
    <WideTable label="By segment" titles={TITLES} minWidthPx={480}>
      {segments.map(({ segmentId, segment, received, delivered, failed, skipped, pending }) => (
        <Table.Tr key={segmentId}>
          <Table.Td>
            <Anchor component={Link} href={`/segments/${encodeURIComponent(segmentId)}`}>
              {segment?.name ?? segmentId}
            </Anchor>
          </Table.Td>
          <Table.Td>{formatCount(received)}</Table.Td>
          <Table.Td>{formatCount(delivered)}</Table.Td>
          <Table.Td>{formatCount(failed)}</Table.Td>
          <Table.Td>{formatCount(skipped)}</Table.Td>
          <Table.Td>{formatCount(pending)}</Table.Td>
        </Table.Tr>
      ))}
    </WideTable>
  );
}
