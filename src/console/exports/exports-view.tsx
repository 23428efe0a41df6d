/** All exports, newest first, by state. */

import { Group, Select } from '@mantine/core';
import { useSearchParams } from 'wouter';
import { type ExportState, ExportsDocument } from '../generated/graphql.js';
import { EmptyState } from '../ui/empty-state.js';
import { ExportList } from '../ui/export-list.js';
import { Loaded } from '../ui/loaded.js';
import { readPage } from '../ui/page.js';
import { Pager } from '../ui/pager.js';
import { usePolledQuery } from '../ui/polled-query.js';
import { ViewFrame } from '../ui/view-frame.js';
import { capitalize, toWords } from '../ui/words.js';

const STATES: readonly ExportState[] = [
  'PREPARING',
  'RUNNING',
  'SUCCEEDED',
  'PARTIALLY_FAILED',
  'FAILED',
  'CANCELING',
  'CANCELED',
];

const POLL_MS = 4_000;

/** The view. */
export function ExportsView() {
  const [parameters, setParameters] = useSearchParams();
  const state = STATES.find((candidate) => candidate === parameters.get('state')) ?? null;
  const variables = { filter: state && { states: [state] }, ...readPage(parameters) };
  const [result, reload] = usePolledQuery({ query: ExportsDocument, variables }, POLL_MS);
  return (
    <ViewFrame title="Exports">
      <Group>
        <Select
          label="State"
          placeholder="All"
          data={STATES.map((value) => ({ value, label: capitalize(toWords(value)) }))}
          value={state}
          clearable
          clearButtonProps={{ 'aria-label': 'Show all states' }}
          onChange={(value) => setParameters(value ? { state: value } : {})}
        />
      </Group>
      <Loaded result={result} onRetry={() => reload({ requestPolicy: 'network-only' })}>
        {({ exports }) => (
          <>
            {exports.nodes.length > 0 ? (
              <ExportList exports={exports.nodes} />
            ) : (
              <NoExports isFiltered={state !== null} />
            )}
            <Pager page={exports.pageInfo} />
          </>
        )}
      </Loaded>
    </ViewFrame>
  );
}

function NoExports({ isFiltered }: { isFiltered: boolean }) {
  if (isFiltered) return <EmptyState title="No export is in this state">Choose another, or show all.</EmptyState>;
  return (
    <EmptyState title="No export yet" action={{ label: 'Go to the overview', href: '/' }}>
      Activate segments to a destination: their members are exported at once.
    </EmptyState>
  );
}
