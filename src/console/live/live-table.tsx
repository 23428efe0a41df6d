/** Rows of the live view as a table. */

import { Anchor, Table } from '@mantine/core';
import { memo } from 'react';
import { Link } from 'wouter';
import { MomentText } from '../ui/moment-text.js';
import { StateBadge } from '../ui/state-badge.js';
import type { LiveRow } from './live-row.js';

/** Shows rows. */
export function LiveTable({ rows }: { rows: readonly LiveRow[] }) {
  return (
    <Table.ScrollContainer minWidth={640} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
      <Table aria-label="Events" verticalSpacing={4}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Time</Table.Th>
            <Table.Th>What</Table.Th>
            <Table.Th>Profile</Table.Th>
            <Table.Th>Details</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Row key={row.key} row={row} />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

/** Rows never change: at hundreds of events a second only new ones are drawn. */
const Row = memo(function Row({ row: { at, state, profileId, text } }: { row: LiveRow }) {
  return (
    <Table.Tr>
      <Table.Td style={{ whiteSpace: 'nowrap' }}>
        <MomentText at={at} />
      </Table.Td>
      <Table.Td>
        <StateBadge state={state} />
      </Table.Td>
      <Table.Td>
        {profileId && (
          <Anchor component={Link} href={`/profiles/${encodeURIComponent(profileId)}`} size="sm">
            {profileId}
          </Anchor>
        )}
      </Table.Td>
      <Table.Td>{text}</Table.Td>
    </Table.Tr>
  );
});
