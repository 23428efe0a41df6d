/** What became of the lines of a file; those that were refused, each with why. */

import { Alert, SimpleGrid, Stack, Table, Text } from '@mantine/core';
import { Figure } from '../ui/figure.js';
import { WideTable } from '../ui/wide-table.js';
import { formatCount } from '../ui/words.js';
import type { IngestReport } from './ingest-upload.js';

/** Shows a report. */
export function UploadReport({ report }: { report: IngestReport }) {
  const { lines, created, updated, unchanged, refused, refusals } = report;
  return (
    <Stack>
      <Alert
        role="status"
        variant="outline"
        color={refused > 0 ? 'orange' : 'green'}
        title={
          refused > 0 ? `${formatCount(refused)} of ${formatCount(lines)} lines were refused` : 'All lines were taken'
        }
      >
        <SimpleGrid component="dl" cols={{ base: 2, sm: 5 }} m={0}>
          <Figure label="Lines" value={formatCount(lines)} />
          <Figure label="Created" value={formatCount(created)} />
          <Figure label="Updated" value={formatCount(updated)} />
          <Figure label="Unchanged" value={formatCount(unchanged)} />
          <Figure label="Refused" value={formatCount(refused)} isAlarming={refused > 0} />
        </SimpleGrid>
      </Alert>
      {refusals.length > 0 && (
        <WideTable label="Refused lines" titles={['Line', 'Code', 'Where', 'Why']} minWidthPx={560}>
          {refusals.map(({ line, code, message, path }) => (
            <Table.Tr key={`${line} ${path.join('.')} ${code}`}>
              <Table.Td>{formatCount(line)}</Table.Td>
              <Table.Td>{code}</Table.Td>
              <Table.Td>{path.join('.')}</Table.Td>
              <Table.Td>{message}</Table.Td>
            </Table.Tr>
          ))}
        </WideTable>
      )}
      {refused > refusals.length && (
        <Text size="sm" c="dimmed">
          The first {formatCount(refusals.length)} refused lines are named.
        </Text>
      )}
    </Stack>
  );
}
