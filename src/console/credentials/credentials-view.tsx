/** All credentials: what destinations call AWS with. Secrets go in, and are never shown. */

import { Card, Group, Stack, Text } from '@mantine/core';
import { useQuery } from 'urql';
import { type CredentialCardFragment, PickCredentialDocument } from '../generated/graphql.js';
import { DialogButton } from '../ui/dialog-button.js';
import { EmptyState } from '../ui/empty-state.js';
import { Loaded } from '../ui/loaded.js';
import { MomentText } from '../ui/moment-text.js';
import { ViewFrame } from '../ui/view-frame.js';
import { CredentialFields } from './credential-fields.js';
import { DeleteCredential } from './delete-credential.js';
import { startWithIdentity } from './identity-text.js';
import { NewCredential } from './new-credential.js';
import { PreviousVersion } from './previous-version.js';
import { RenameCredential } from './rename-credential.js';
import { RotateCredential } from './rotate-credential.js';

/** The view. */
export function CredentialsView() {
  const [result, reload] = useQuery({ query: PickCredentialDocument });
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
  const { name, current } = credential;
  const { createdAt, expiresAt, lastUsedAt } = current;
  return (
    <Card withBorder p="sm" component="article" aria-label={name}>
      <Group justify="space-between" align="flex-start">
        <div>
          <Text fw={600}>{name}</Text>
          <Text size="sm" c="dimmed">
            {startWithIdentity(current)}, made <MomentText at={createdAt} />
          </Text>
          <Text size="sm" c="dimmed">
            {lastUsedAt === null ? (
              'Never used'
            ) : (
              <>
                Last used <MomentText at={lastUsedAt} />
              </>
            )}
            {expiresAt !== null && (
              <>
                , expires <MomentText at={expiresAt} />
              </>
            )}
          </Text>
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
