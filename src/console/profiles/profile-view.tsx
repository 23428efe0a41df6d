/** One profile: its attributes and memberships, and what became of its records. */

import { Anchor, Code, List, Stack, Table, Text } from '@mantine/core';
import { useQuery } from 'urql';
import { Link, useSearchParams } from 'wouter';
import { DeleteProfileDocument, ProfilePageDocument, type ProfilePageQuery } from '../generated/graphql.js';
import { DeliveryTable } from '../ui/delivery-table.js';
import { EmptyState } from '../ui/empty-state.js';
import { EndByName } from '../ui/end-by-name.js';
import { Loaded } from '../ui/loaded.js';
import { MomentText } from '../ui/moment-text.js';
import { readPage } from '../ui/page.js';
import { Pager } from '../ui/pager.js';
import { useNavigateFromHere } from '../ui/presence.js';
import { Section } from '../ui/section.js';
import { StateBadge } from '../ui/state-badge.js';
import { ViewFrame } from '../ui/view-frame.js';
import { WideTable } from '../ui/wide-table.js';

type Profile = NonNullable<ProfilePageQuery['profile']>;

const INDENT = 2;
/** Name of the list in the address; the view's other list has none. */
const MEMBERSHIPS = 'memberships';

/** The view. */
export function ProfileView({ profileId }: { profileId: string }) {
  const [parameters] = useSearchParams();
  const [result, reload] = useQuery({
    query: ProfilePageDocument,
    variables: { profileId, ...readPage(parameters), ...readMembershipPage(parameters) },
  });
  return (
    <ViewFrame
      title={profileId}
      above={[{ href: '/profiles', label: 'Profiles' }]}
      actions={result.data?.profile && <EraseProfile profileId={profileId} />}
    >
      <Loaded result={result} onRetry={() => reload({ requestPolicy: 'network-only' })}>
        {({ profile }) =>
          profile ? (
            <ProfileBody profile={profile} />
          ) : (
            <EmptyState title="There is no such profile" action={{ label: 'See all profiles', href: '/profiles' }}>
              It was erased, or its id is mistyped.
            </EmptyState>
          )
        }
      </Loaded>
    </ViewFrame>
  );
}

function readMembershipPage(parameters: URLSearchParams) {
  const page = readPage(parameters, MEMBERSHIPS);
  if ('first' in page) return { membershipsFirst: page.first, membershipsAfter: page.after };
  return { membershipsLast: page.last, membershipsBefore: page.before };
}

function ProfileBody({ profile }: { profile: Profile }) {
  const { attributes, identities, memberships, deliveries } = profile;
  return (
    <Stack gap="xl">
      <Section title="Attributes">
        {attributes ? (
          <Code block tabIndex={0} role="region" aria-label="Attributes">
            {JSON.stringify(attributes, null, INDENT)}
          </Code>
        ) : (
          <Text c="dimmed">Personal data shows to operators and admins only.</Text>
        )}
      </Section>
      {identities && identities.length > 0 && (
        <Section title="Identities">
          <List size="sm">
            {identities.map(({ namespace, value }) => (
              <List.Item key={`${namespace} ${value}`}>
                {namespace}: {value}
              </List.Item>
            ))}
          </List>
        </Section>
      )}
      <Section title="Memberships">
        <MembershipTable memberships={memberships.nodes} />
        <Pager page={memberships.pageInfo} list={MEMBERSHIPS} />
      </Section>
      <Section title="What was sent of it">
        <DeliveryTable deliveries={deliveries.nodes} />
        <Pager page={deliveries.pageInfo} />
      </Section>
    </Stack>
  );
}

function EraseProfile({ profileId }: { profileId: string }) {
  const navigate = useNavigateFromHere();
  return (
    <EndByName
      document={DeleteProfileDocument}
      variables={{ profileId }}
      label="Erase"
      title="Erase the profile"
      name={profileId}
      consequence="Its memberships, pending changes and failed records go with it. Nothing of it is sent later than 10 s from then. What is in a stream already stays there."
      onDone={() => navigate('/profiles')}
    />
  );
}

function MembershipTable({ memberships }: { memberships: Profile['memberships']['nodes'] }) {
  if (memberships.length === 0) return <Text c="dimmed">None: it is in no segment.</Text>;
  return (
    <WideTable label="Memberships" titles={['Segment', 'Status', 'Since', 'Until', 'Changed']} minWidthPx={560}>
      {memberships.map(({ segment, status, lastQualificationTime, validUntil, updatedAt }) => (
        <Table.Tr key={segment?.id ?? lastQualificationTime}>
          <Table.Td>
            {segment && (
              <Anchor component={Link} href={`/segments/${encodeURIComponent(segment.segmentId)}`}>
                {segment.name}
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
          <Table.Td>
            <MomentText at={updatedAt} />
          </Table.Td>
        </Table.Tr>
      ))}
    </WideTable>
  );
}
