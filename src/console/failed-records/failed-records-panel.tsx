/** Failed records of an export or a destination: filtered, looked at, and retried or discarded together. */

import { Group, Select, Stack, Text } from '@mantine/core';
import { useSearchParams } from 'wouter';
import {
  type FailedRecordFilter,
  type FailedRecordState,
  FailedRecordsDocument,
  type FailedRecordsQuery,
} from '../generated/graphql.js';
import { Loaded } from '../ui/loaded.js';
import { Pager } from '../ui/pager.js';
import { usePolledQuery } from '../ui/polled-query.js';
import { capitalize, countOf, toWords } from '../ui/words.js';
import { BulkActions } from './bulk-actions.js';
import { FailedRecordTable } from './failed-record-table.js';

/** Whose failed records. */
export type FailedRecordScope = Pick<FailedRecordFilter, 'exportId' | 'destinationId'>;

const STATES: readonly FailedRecordState[] = ['OPEN', 'RETRYING', 'RECOVERED', 'DISCARDED'];
const POLL_MS = 4_000;

/** The panel. */
export function FailedRecordsPanel({ scope }: { scope: FailedRecordScope }) {
  const [parameters] = useSearchParams();
  const state = STATES.find((candidate) => candidate === parameters.get('state')) ?? 'OPEN';
  const filter: FailedRecordFilter = { ...scope, states: [state] };
  const variables = { filter, after: parameters.get('after') };
  const [result, reload] = usePolledQuery({ query: FailedRecordsDocument, variables }, POLL_MS);
  const refresh = () => reload({ requestPolicy: 'network-only' });
  return (
    <Stack>
      <StateChoice state={state} />
      <Loaded result={result} onRetry={refresh}>
        {({ failedRecords }) => <Records found={failedRecords} filter={filter} onDone={refresh} />}
      </Loaded>
    </Stack>
  );
}

function StateChoice({ state }: { state: FailedRecordState }) {
  const [, setParameters] = useSearchParams();
  return (
    <Group>
      <Select
        label="State of failed records"
        data={STATES.map((value) => ({ value, label: capitalize(toWords(value)) }))}
        value={state}
        allowDeselect={false}
        onChange={(value) =>
          setParameters((present) => {
            const next = new URLSearchParams(present);
            next.delete('after');
            if (value) next.set('state', value);
            return next;
          })
        }
      />
    </Group>
  );
}

interface RecordsProps {
  readonly found: FailedRecordsQuery['failedRecords'];
  readonly filter: FailedRecordFilter;
  readonly onDone: () => void;
}

function Records({ found, filter, onDone }: RecordsProps) {
  const isOpen = filter.states?.[0] === 'OPEN';
  if (found.nodes.length === 0)
    return (
      <Text c="dimmed">{isOpen ? 'None is open: everything was delivered or decided on.' : 'None in this state.'}</Text>
    );
  return (
    <Stack>
      <Group justify="space-between">
        <Text>{countOf(found.totalCount, 'failed record')}</Text>
        {isOpen && <BulkActions filter={filter} count={found.totalCount} onDone={onDone} />}
      </Group>
      <FailedRecordTable records={found.nodes} />
      <Pager page={found.pageInfo} />
    </Stack>
  );
}
