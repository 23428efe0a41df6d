/** Rows of the live view as a table. */

import { Anchor, Table } from '@mantine/core';
import { memo } from 'react';
import { Link } from 'wouter';
import { MomentText } from '../ui/moment-text.js';
import { StateBadge } from '../ui/state-badge.js';
import { WideTable } from '../ui/wide-table.js';
import type { LiveRow } from './live-row.js';

const TITLES = ['Time', 'What', 'Profile', 'Details'];

/** Shows rows. */
export function LiveTable({ rows }: { rows: readonly LiveRow[] }) {
  return (
    <WideTable label="Events" titles={TITLES} minWidthPx={640}>
      {rows.map((row) => (
        <Row key={row.key} row={row} />
      ))}
    </WideTable>
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
