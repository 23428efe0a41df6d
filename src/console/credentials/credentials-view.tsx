/** All credentials: what destinations call AWS with. Secrets go in, and are never shown. */

import { Card, Group, Stack, Text } from '@mantine/core';
import { useQuery } from 'urql';
import { useSearchParams } from 'wouter';
import { type CredentialCardFragment, PickCredentialDocument } from '../generated/graphql.js';
import { DialogButton } from '../ui/dialog-button.js';
import { EmptyState } from '../ui/empty-state.js';
import { Loaded } from '../ui/loaded.js';
import { readPage } from '../ui/page.js';
import { Pager } from '../ui/pager.js';
import { ViewFrame } from '../ui/view-frame.js';
import { CredentialFacts } from './credential-facts.js';
import { CredentialFields } from './credential-fields.js';
import { DeleteCredential } from './delete-credential.js';
import { NewCredential } from './new-credential.js';
import { PreviousVersion } from './previous-version.js';
import { RenameCredential } from './rename-credential.js';
import { RotateCredential } from './rotate-credential.js';

/** The view. */
export function CredentialsView() {
  const [parameters] = useSearchParams();
  const [result, reload] = useQuery({ query: PickCredentialDocument, variables: readPage(parameters) });
  const refresh = () => reload({ requestPolicy: 'network-only' });
  return (
    <ViewFrame title="Credentials" actions={<CreateCredential onDone={refresh} />}>
      <Loaded result={result} onRetry={refresh}>
        {({ credentials }) =>
          credentials.nodes.length > 0 ? (
            <Stack gap="xs">
              {credentials.nodes.map((credential) => (
                <CredentialCard key={credential.id} credential={credential} onChanged={refresh} />
              ))}
              <Pager page={credentials.pageInfo} />
            </Stack>
          ) : (
            <EmptyState title="No credential yet">
              Make one here, or in the wizard that connects a destination.
            </EmptyState>
          )
        }
      </Loaded>
    </ViewFrame>
  );
}

function CreateCredential({ onDone }: { onDone: () => void }) {
  return (
    <DialogButton label="New credential" title="New credential" onDone={onDone}>
      {(finish) => (
        <CredentialFields>
          {(fields) => <NewCredential fields={fields} submitLabel="Create credential" onCreated={finish} />}
        </CredentialFields>
      )}
    </DialogButton>
  );
}

function CredentialCard({ credential, onChanged }: { credential: CredentialCardFragment; onChanged: () => void }) {
  const { name } = credential;
  return (
    <Card withBorder p="sm" component="article" aria-label={name}>
      <Group justify="space-between" align="flex-start">
        <div>
          <Text fw={600}>{name}</Text>
          <CredentialFacts credential={credential} />
        </div>
        <Group gap="xs">
          <RenameCredential credential={credential} onDone={onChanged} />
          <RotateCredential credential={credential} onDone={onChanged} />
          <DeleteCredential credential={credential} onDeleted={onChanged} />
        </Group>
      </Group>
      <PreviousVersion credential={credential} onDone={onChanged} />
    </Card>
  );
}
