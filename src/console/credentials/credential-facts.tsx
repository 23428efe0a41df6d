/** What a credential authenticates with, since when, and until when. */

import { Text } from '@mantine/core';
import type { CredentialCardFragment } from '../generated/graphql.js';
import { MomentText } from '../ui/moment-text.js';
import { UseAndEnd } from '../ui/use-and-end.js';
import { startWithIdentity } from './identity-text.js';

/** Shows them. */
export function CredentialFacts({ credential: { current } }: { credential: CredentialCardFragment }) {
  const { createdAt, expiresAt, lastUsedAt } = current;
  return (
    <>
      <Text size="sm" c="dimmed">
        {startWithIdentity(current)}, made <MomentText at={createdAt} />
      </Text>
      <Text size="sm" c="dimmed">
        <UseAndEnd lastUsedAt={lastUsedAt} expiresAt={expiresAt} />
      </Text>
    </>
  );
}
