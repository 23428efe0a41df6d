/** All segments, with their present members. */

import { Anchor, Button, Group, Table, TextInput } from '@mantine/core';
import { useQuery } from 'urql';
import { Link, useSearchParams } from 'wouter';
import { type SegmentRowFragment, SegmentsDocument } from '../generated/graphql.js';
import { EmptyState } from '../ui/empty-state.js';
import { Loaded } from '../ui/loaded.js';
import { MomentText } from '../ui/moment-text.js';
import { readPage } from '../ui/page.js';
import { Pager } from '../ui/pager.js';
import { useTypedParameter } from '../ui/typed-parameter.js';
import { ViewFrame } from '../ui/view-frame.js';
import { WideTable } from '../ui/wide-table.js';
import { formatCount } from '../ui/words.js';
import { NewSegment } from './new-segment.js';

const TITLES = ['Name', 'Id', 'Namespace', 'Members', 'Changed'];

/** The view. */
export function SegmentsView() {
  const [parameters] = useSearchParams();
  const { asked, field } = useTypedParameter('search');
  const variables = { search: asked || null, orderBy: null, ...readPage(parameters) };
  const [result, reload] = useQuery({ query: SegmentsDocument, variables });
  const refresh = () => reload({ requestPolicy: 'network-only' });
  return (
    <ViewFrame
      title="Segments"
      actions={
        <>
          <NewSegment onCreated={refresh} />
          <Button variant="default" component={Link} href="/upload">
            Upload profiles
          </Button>
        </>
      }
    >
      <Group>
        <TextInput label="Search names and ids" {...field} />
      </Group>
      <Loaded result={result} onRetry={refresh}>
        {({ segments }) => (
          <>
            {segments.nodes.length > 0 ? (
              <SegmentTable segments={segments.nodes} />
            ) : (
              <NoSegments isSearch={asked !== ''} />
            )}
            <Pager page={segments.pageInfo} />
          </>
        )}
      </Loaded>
    </ViewFrame>
  );
}

function NoSegments({ isSearch }: { isSearch: boolean }) {
  return (
    <EmptyState title={isSearch ? 'No segment has this in its name or id' : 'No segment yet'}>
      A segment is a named audience. Create one, then upload profiles with memberships in it.
    </EmptyState>
  );
}

function SegmentTable({ segments }: { segments: readonly SegmentRowFragment[] }) {
  return (
    <WideTable label="Segments" titles={TITLES} minWidthPx={560}>
      {segments.map(({ id, segmentId, name, namespace, memberCount, updatedAt }) => (
        <Table.Tr key={id}>
          <Table.Td>
            <Anchor component={Link} href={`/segments/${encodeURIComponent(segmentId)}`}>
              {name}
            </Anchor>
          </Table.Td>
          <Table.Td>{segmentId}</Table.Td>
          <Table.Td>{namespace}</Table.Td>
          <Table.Td>{formatCount(memberCount)}</Table.Td>
          <Table.Td>
            <MomentText at={updatedAt} />
          </Table.Td>
        </Table.Tr>
      ))}
    </WideTable>
  );
}
