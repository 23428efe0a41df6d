/** Failed records of an export, an activation, a destination, or all: filtered, looked at, and retried or discarded together. */

import { Group, Stack, Text } from '@mantine/core';
import { useSearchParams } from 'wouter';
import { type FailedRecordFilter, FailedRecordsDocument, type FailedRecordsQuery } from '../generated/graphql.js';
import { Loaded } from '../ui/loaded.js';
import { readPage } from '../ui/page.js';
import { Pager } from '../ui/pager.js';
import { usePolledQuery } from '../ui/polled-query.js';
import { countOf } from '../ui/words.js';
import { BulkActions } from './bulk-actions.js';
import { DownloadButton } from './download-button.js';
import { FailedRecordTable } from './failed-record-table.js';
import { RecordFilterFields, readRecordFilter } from './record-filter.js';

/** Whose failed records; those of all are looked at only, since the API decides about none without a bound. */
export type FailedRecordScope =
  | { readonly exportId: string }
  | { readonly activationId: string }
  | { readonly destinationId: string }
  | null;

const POLL_MS = 4_000;

/** The panel. */
export function FailedRecordsPanel({ scope }: { scope: FailedRecordScope }) {
  const [parameters] = useSearchParams();
  const chosen = readRecordFilter(parameters);
  const filter: FailedRecordFilter = { ...scope, states: [chosen.state], ...(chosen.code && { codes: [chosen.code] }) };
  const variables = { filter, ...readPage(parameters) };
  const [result, reload] = usePolledQuery({ query: FailedRecordsDocument, variables }, POLL_MS);
  const refresh = () => reload({ requestPolicy: 'network-only' });
  return (
    <Stack>
      <RecordFilterFields filter={chosen} />
      <Loaded result={result} onRetry={refresh}>
        {({ failedRecords }) => (
          <Records found={failedRecords} filter={filter} isBounded={scope !== null} onDone={refresh} />
        )}
      </Loaded>
    </Stack>
  );
}

interface RecordsProps {
  readonly found: FailedRecordsQuery['failedRecords'];
  readonly filter: FailedRecordFilter;
  /** Whether they can be decided about together. */
  readonly isBounded: boolean;
  readonly onDone: () => void;
}

function Records({ found, filter, isBounded, onDone }: RecordsProps) {
  const isOpen = filter.states?.[0] === 'OPEN';
  if (found.nodes.length === 0)
    return (
      <>
        <Text c="dimmed">
          {isOpen ? 'None is open: everything was delivered or decided on.' : 'None in this state.'}
        </Text>
        <Pager page={found.pageInfo} />
      </>
    );
  return (
    <Stack>
      <Group justify="space-between">
        <Text>{countOf(found.totalCount, 'failed record')}</Text>
        <Group gap="xs">
          {isOpen && isBounded && <BulkActions filter={filter} count={found.totalCount} onDone={onDone} />}
          <DownloadButton path={found.downloadPath} />
        </Group>
      </Group>
      {isOpen && !isBounded && (
        <Text size="sm" c="dimmed">
          Choose a destination to retry or discard its failed records together.
        </Text>
      )}
      <FailedRecordTable records={found.nodes} />
      <Pager page={found.pageInfo} />
    </Stack>
  );
}
