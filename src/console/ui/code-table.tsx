/** What was not delivered, by code, with what to do about it. */

import { Table } from '@mantine/core';
import type { CountsFragment } from '../generated/graphql.js';
import { HelpText } from './help-text.js';
import { WideTable } from './wide-table.js';
import { formatCount } from './words.js';

const TITLES = ['Code', 'Records', 'What to do'];

/** Shows codes with their numbers. */
export function CodeTable({ codes }: { codes: CountsFragment['codes'] }) {
  return (
    <WideTable label="What was not delivered, by code" titles={TITLES} minWidthPx={480}>
      {codes.map(({ code, count, reason }) => (
        <Table.Tr key={code}>
          <Table.Td>{code}</Table.Td>
          <Table.Td>{formatCount(count)}</Table.Td>
          <Table.Td>
            <HelpText text={reason.remedy} />
          </Table.Td>
        </Table.Tr>
      ))}
    </WideTable>
  );
}
