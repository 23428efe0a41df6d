/** Profiles, found by the beginning of their id. */

import { Anchor, Button, Group, Table, TextInput } from '@mantine/core';
import { useQuery } from 'urql';
import { Link, useSearchParams } from 'wouter';
import { ProfilesDocument, type ProfilesQuery } from '../generated/graphql.js';
import { EmptyState } from '../ui/empty-state.js';
import { Loaded } from '../ui/loaded.js';
import { MomentText } from '../ui/moment-text.js';
import { readPage } from '../ui/page.js';
import { Pager } from '../ui/pager.js';
import { useTypedParameter } from '../ui/typed-parameter.js';
import { ViewFrame } from '../ui/view-frame.js';
import { WideTable } from '../ui/wide-table.js';

/** The view. */
export function ProfilesView() {
  const [parameters] = useSearchParams();
  const { asked, field } = useTypedParameter('search');
  const variables = { filter: asked ? { search: asked } : null, ...readPage(parameters) };
  const [result, reload] = useQuery({ query: ProfilesDocument, variables });
  return (
    <ViewFrame
      title="Profiles"
      actions={
        <Button component={Link} href="/upload">
          Upload profiles
        </Button>
      }
    >
      <Group>
        <TextInput label="Search by the beginning of the id" {...field} />
      </Group>
      <Loaded result={result} onRetry={() => reload({ requestPolicy: 'network-only' })}>
        {({ profiles }) => (
          <>
            {profiles.nodes.length > 0 ? (
              <ProfileTable profiles={profiles.nodes} />
            ) : (
              <NoProfiles isSearch={asked !== ''} />
            )}
            <Pager page={profiles.pageInfo} />
          </>
        )}
      </Loaded>
    </ViewFrame>
  );
}

function NoProfiles({ isSearch }: { isSearch: boolean }) {
  if (isSearch)
    return (
      <EmptyState title="No profile is found by this">
        Search looks at the beginning of ids: try a shorter text.
      </EmptyState>
    );
  return (
    <EmptyState title="No profile yet" action={{ label: 'Upload profiles', href: '/upload' }}>
      Bring them in as a file of NDJSON, one profile a line.
    </EmptyState>
  );
}

function ProfileTable({ profiles }: { profiles: ProfilesQuery['profiles']['nodes'] }) {
  return (
    <WideTable label="Profiles" titles={['Profile', 'Identities', 'Changed']} minWidthPx={480}>
      {profiles.map(({ id, profileId, identities, updatedAt }) => (
        <Table.Tr key={id}>
          <Table.Td>
            <Anchor component={Link} href={`/profiles/${encodeURIComponent(profileId)}`}>
              {profileId}
            </Anchor>
          </Table.Td>
          <Table.Td>
            {identities?.map(({ namespace, value }) => `${namespace}: ${value}`).join(', ') ?? 'hidden'}
          </Table.Td>
          <Table.Td>
            <MomentText at={updatedAt} />
          </Table.Td>
        </Table.Tr>
      ))}
    </WideTable>
  );
}
