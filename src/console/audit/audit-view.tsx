/** The audit log: who did what, when, from where, and what came of it. For ADMINs. */

import { Group, Select, Table } from '@mantine/core';
import { useQuery } from 'urql';
import { useSearchParams } from 'wouter';
import { AuditLogDocument, type AuditLogQuery, type AuditResult } from '../generated/graphql.js';
import { EmptyState } from '../ui/empty-state.js';
import { Loaded } from '../ui/loaded.js';
import { MomentText } from '../ui/moment-text.js';
import { readPage } from '../ui/page.js';
import { Pager } from '../ui/pager.js';
import { ViewFrame } from '../ui/view-frame.js';
import { WideTable } from '../ui/wide-table.js';
import { capitalize, toWords } from '../ui/words.js';
import { AuditTarget } from './audit-target.js';

type Entry = AuditLogQuery['auditEntries']['nodes'][number];

const RESULTS: readonly AuditResult[] = ['SUCCEEDED', 'REFUSED', 'INTERRUPTED'];

/** The view. */
export function AuditView() {
  const [parameters, setParameters] = useSearchParams();
  const outcome = RESULTS.find((candidate) => candidate === parameters.get('result')) ?? null;
  const variables = { filter: outcome && { result: outcome }, ...readPage(parameters) };
  const [result, reload] = useQuery({ query: AuditLogDocument, variables });
  return (
    <ViewFrame title="Audit log">
      <Group>
        <Select
          label="Result"
          placeholder="All"
          data={RESULTS.map((value) => ({ value, label: capitalize(toWords(value)) }))}
          value={outcome}
          clearable
          clearButtonProps={{ 'aria-label': 'Show all results' }}
          onChange={(value) => setParameters(value ? { result: value } : {})}
        />
      </Group>
      <Loaded result={result} onRetry={() => reload({ requestPolicy: 'network-only' })}>
        {({ auditEntries: { nodes, pageInfo } }) => (
          <>
            {nodes.length > 0 ? <EntryTable entries={nodes} /> : <NoEntries />}
            <Pager page={pageInfo} />
          </>
        )}
      </Loaded>
    </ViewFrame>
  );
}

function EntryTable({ entries }: { entries: readonly Entry[] }) {
  return (
    <WideTable label="Audit log" titles={['When', 'Who', 'What', 'Fields', 'Result', 'From']} minWidthPx={820}>
      {entries.map((entry) => (
        <EntryRow key={entry.id} entry={entry} />
      ))}
    </WideTable>
  );
}

function EntryRow({ entry }: { entry: Entry }) {
  const { at, actor, action, target, changes, result, code, ipAddress } = entry;
  return (
    <Table.Tr>
      <Table.Td>
        <MomentText at={at} />
      </Table.Td>
      <Table.Td>{actor.name}</Table.Td>
      <Table.Td>
        {action}
        {target && <AuditTarget target={target} />}
      </Table.Td>
      <Table.Td>{changes.map(({ field }) => field).join(', ')}</Table.Td>
      <Table.Td>{code ?? capitalize(toWords(result))}</Table.Td>
      <Table.Td>{ipAddress}</Table.Td>
    </Table.Tr>
  );
}

function NoEntries() {
  return <EmptyState title="Nothing is on record">Every change of the workspace is listed here.</EmptyState>;
}
