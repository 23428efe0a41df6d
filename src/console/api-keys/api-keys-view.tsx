/** All API keys: who may enter the workspace, and what with. For ADMINs. */

import { Badge, Card, Group, Stack, Text } from '@mantine/core';
import { useQuery } from 'urql';
import { useSearchParams } from 'wouter';
import { type ApiKeyCardFragment, ApiKeysDocument } from '../generated/graphql.js';
import { DialogButton } from '../ui/dialog-button.js';
import { Loaded } from '../ui/loaded.js';
import { MomentText } from '../ui/moment-text.js';
import { readPage } from '../ui/page.js';
import { Pager } from '../ui/pager.js';
import { UseAndEnd } from '../ui/use-and-end.js';
import { ViewFrame } from '../ui/view-frame.js';
import { capitalize, toWords } from '../ui/words.js';
import { NewApiKey } from './new-api-key.js';
import { RevokeApiKey } from './revoke-api-key.js';

/** The view. */
export function ApiKeysView() {
  const [parameters] = useSearchParams();
  const [result, reload] = useQuery({ query: ApiKeysDocument, variables: readPage(parameters) });
  const refresh = () => reload({ requestPolicy: 'network-only' });
  return (
    <ViewFrame
      title="API keys"
      actions={
        <DialogButton label="New API key" title="New API key">
          {(finish) => <NewApiKey onCreated={refresh} onClose={finish} />}
        </DialogButton>
      }
    >
      <Loaded result={result} onRetry={refresh}>
        {({ apiKeys }) => (
          <>
            <Stack gap="xs">
              {apiKeys.nodes.map((apiKey) => (
                <ApiKeyCard key={apiKey.id} apiKey={apiKey} onRevoked={refresh} />
              ))}
            </Stack>
            <Pager page={apiKeys.pageInfo} />
          </>
        )}
      </Loaded>
    </ViewFrame>
  );
}

function ApiKeyCard({ apiKey, onRevoked }: { apiKey: ApiKeyCardFragment; onRevoked: () => void }) {
  const { name, prefix, role, revokedAt } = apiKey;
  return (
    <Card withBorder p="sm" component="article" aria-label={name}>
      <Group justify="space-between" align="flex-start">
        <div>
          <Group gap="xs">
            <Text fw={600}>{name}</Text>
            <Badge variant="default">{capitalize(toWords(role))}</Badge>
          </Group>
          <Text size="sm" c="dimmed">
            {prefix}…, issued by {apiKey.createdBy.name} <MomentText at={apiKey.createdAt} />
          </Text>
          <Text size="sm" c="dimmed">
            <LifeOfKey apiKey={apiKey} />
          </Text>
        </div>
        {revokedAt === null && <RevokeApiKey apiKey={apiKey} onRevoked={onRevoked} />}
      </Group>
    </Card>
  );
}

function LifeOfKey({ apiKey: { lastUsedAt, expiresAt, revokedAt } }: { apiKey: ApiKeyCardFragment }) {
  if (revokedAt !== null)
    return (
      <>
        Revoked <MomentText at={revokedAt} />
      </>
    );
  return <UseAndEnd lastUsedAt={lastUsedAt} expiresAt={expiresAt} />;
}
