/** What would become of a profile: the decision with its reason, and the record byte for byte. */

import { Alert, Code, Group, Stack, Text } from '@mantine/core';
import type { SimulationFragment } from '../generated/graphql.js';
import { formatBytes } from './words.js';

const INDENT = 2;

/** Shows a simulation. */
export function SimulatedRecord({ simulation }: { simulation: SimulationFragment }) {
  const { profileId, wouldExport, message, payload, partitionKey, shardId, sizeBytes, reason } = simulation;
  return (
    <Stack gap="xs">
      <Alert
        variant="outline"
        color={wouldExport ? 'green' : 'orange'}
        title={profileId === null ? 'No member to show' : `Profile ${profileId}`}
      >
        {message} {reason?.remedy}
      </Alert>
      {wouldExport && payload === null && (
        <Text size="sm">What the record holds, and its partition key, show to operators and admins only.</Text>
      )}
      {payload !== null && (
        <>
          <Group gap="lg">
            <Text size="sm">Partition key {partitionKey}</Text>
            {shardId && <Text size="sm">Goes to {shardId}</Text>}
            {sizeBytes !== null && <Text size="sm">{formatBytes(sizeBytes)}</Text>}
          </Group>
          <Code block tabIndex={0} aria-label="Record" role="region">
            {readable(payload)}
          </Code>
        </>
      )}
    </Stack>
  );
}

/** The stream gets it without line breaks; people read it with them. */
function readable(payload: string): string {
  return JSON.stringify(JSON.parse(payload), null, INDENT);
}
