/** What a role has to trust before Tributary can assume it. */

import { Stack, Text } from '@mantine/core';
import { useQuery } from 'urql';
import { TrustPolicyDocument } from '../generated/graphql.js';
import { CopyablePolicy } from '../ui/copyable-policy.js';

/** The trust policy of the workspace, to copy; nothing while it is loaded. */
export function TrustPolicy() {
  const [{ data }] = useQuery({ query: TrustPolicyDocument, requestPolicy: 'cache-first' });
  if (!data) return null;
  return (
    <Stack align="flex-start" gap="xs" role="group" aria-label="Trust policy">
      <Text size="sm">
        Give the role this trust policy at AWS IAM. Its external id keeps others who might name your role out of it.
      </Text>
      <CopyablePolicy policy={data.viewer.workspace.trustPolicy} />
    </Stack>
  );
}
