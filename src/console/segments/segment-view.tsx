/** One segment: its members, and where it is activated. */

import { Anchor, Group, SimpleGrid, Stack, Table, Text } from '@mantine/core';
import { useQuery } from 'urql';
import { Link, useSearchParams } from 'wouter';
import { DeleteSegmentDocument, SegmentPageDocument, type SegmentPageQuery } from '../generated/graphql.js';
import { EmptyState } from '../ui/empty-state.js';
import { EndByName } from '../ui/end-by-name.js';
import { Figure } from '../ui/figure.js';
import { Loaded } from '../ui/loaded.js';
import { MomentText } from '../ui/moment-text.js';
import { readPage } from '../ui/page.js';
import { Pager } from '../ui/pager.js';
import { useNavigateFromHere } from '../ui/presence.js';
import { Section } from '../ui/section.js';
import { StateBadge } from '../ui/state-badge.js';
import { ViewFrame } from '../ui/view-frame.js';
import { WideTable } from '../ui/wide-table.js';
import { formatCount } from '../ui/words.js';
import { EditSegment } from './edit-segment.js';

/** Name of the list in the address; the view's other list has none. */
const ACTIVATIONS = 'activations';

type Segment = NonNullable<SegmentPageQuery['segment']>;

/** The view. */
export function SegmentView({ segmentId }: { segmentId: string }) {
  const [parameters] = useSearchParams();
  const variables = { segmentId, ...readPage(parameters), ...readActivationPage(parameters) };
  const [result, reload] = useQuery({ query: SegmentPageDocument, variables });
  const refresh = () => reload({ requestPolicy: 'network-only' });
  const segment = result.data?.segment;
  return (
    <ViewFrame
      title={segment?.name ?? segmentId}
      above={[{ href: '/segments', label: 'Segments' }]}
      actions={
        segment && (
          <Group>
            <EditSegment segment={segment} onDone={refresh} />
            <DeleteSegment segment={segment} />
          </Group>
        )
      }
    >
      <Loaded result={result} onRetry={refresh}>
        {({ segment: found }) =>
          found ? (
            <SegmentBody segment={found} />
          ) : (
            <EmptyState title="There is no such segment" action={{ label: 'See all segments', href: '/segments' }}>
              It was deleted, or its id is mistyped.
            </EmptyState>
          )
        }
      </Loaded>
    </ViewFrame>
  );
}

function readActivationPage(parameters: URLSearchParams) {
  const page = readPage(parameters, ACTIVATIONS);
  if ('first' in page) return { activationsFirst: page.first, activationsAfter: page.after };
  return { activationsLast: page.last, activationsBefore: page.before };
}

function SegmentBody({ segment }: { segment: Segment }) {
  const { segmentId, namespace, description, memberCount, updatedAt, activations, members } = segment;
  return (
    <Stack gap="xl">
      {description && <Text>{description}</Text>}
      <SimpleGrid component="dl" cols={{ base: 2, sm: 4 }} m={0}>
        <Figure label="Members" value={formatCount(memberCount)} />
        <Figure label="Id" value={segmentId} />
        <Figure label="Namespace" value={namespace} />
        <Figure label="Activations" value={formatCount(activations.totalCount)} />
      </SimpleGrid>
      <Group>
        {activations.nodes.map(({ id, state, destination }) => (
          <Group key={id} gap="xs">
            <Anchor component={Link} href={`/activations/${id}`}>
              {destination.name}
            </Anchor>
            <StateBadge state={state} />
          </Group>
        ))}
        <Text size="sm" c="dimmed">
          Changed <MomentText at={updatedAt} />
        </Text>
      </Group>
      <Pager page={activations.pageInfo} list={ACTIVATIONS} />
      <Members members={members} />
    </Stack>
  );
}

function Members({ members }: { members: Segment['members'] }) {
  return (
    <Section title="Members">
      {members.nodes.length === 0 && <Text c="dimmed">None yet: upload profiles with memberships in it.</Text>}
      {members.nodes.length > 0 && (
        <WideTable label="Members" titles={['Profile', 'Status', 'Since', 'Until']} minWidthPx={480}>
          {members.nodes.map(({ profile, status, lastQualificationTime, validUntil }) => (
            <Table.Tr key={profile?.id ?? lastQualificationTime}>
              <Table.Td>
                {profile && (
                  <Anchor component={Link} href={`/profiles/${encodeURIComponent(profile.profileId)}`}>
                    {profile.profileId}
                  </Anchor>
                )}
              </Table.Td>
              <Table.Td>
                <StateBadge state={status} />
              </Table.Td>
              <Table.Td>
                <MomentText at={lastQualificationTime} />
              </Table.Td>
              <Table.Td>{validUntil === null ? 'no end' : <MomentText at={validUntil} />}</Table.Td>
            </Table.Tr>
          ))}
        </WideTable>
      )}
      <Pager page={members.pageInfo} />
    </Section>
  );
}

function DeleteSegment({ segment: { segmentId, name } }: { segment: Segment }) {
  const navigate = useNavigateFromHere();
  return (
    <EndByName
      document={DeleteSegmentDocument}
      variables={{ segmentId }}
      label="Delete"
      title="Delete the segment"
      name={name}
      consequence="Its memberships go with it; profiles stay. One that is activated cannot be deleted."
      onDone={() => navigate('/segments')}
    />
  );
}
