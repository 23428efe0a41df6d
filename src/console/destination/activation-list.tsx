/** The activations of a destination: their segments, attributes and state; pause and go on. */

import { Anchor, Button, Card, Group, Stack, Text } from '@mantine/core';
import { Link } from 'wouter';
import { nameActivation } from '../activation/activation-name.js';
import { EndActivation } from '../activation/end-activation.js';
import { ExportNow } from '../activation/export-now.js';
import { PauseResume } from '../activation/pause-resume.js';
import type { ActivationRowFragment } from '../generated/graphql.js';
import { StateBadge } from '../ui/state-badge.js';
import { formatCount } from '../ui/words.js';

/** Lists activations. */
export function ActivationList({ activations }: { activations: readonly ActivationRowFragment[] }) {
  if (activations.length === 0)
    return <Text c="dimmed">None yet: activate segments, and their members are delivered here.</Text>;
  return (
    <Stack gap="xs">
      {activations.map((activation) => (
        <ActivationCard key={activation.id} activation={activation} />
      ))}
    </Stack>
  );
}

function ActivationCard({ activation }: { activation: ActivationRowFragment }) {
  const { id, state, segments, attributes, pending } = activation;
  const name = `Activation of ${nameActivation(activation)}`;
  return (
    <Card withBorder p="sm" component="article" aria-label={name}>
      <Group justify="space-between" align="flex-start">
        <div>
          <Group gap="xs">
            {segments.map(({ segment }) => (
              <Anchor
                key={segment.id}
                component={Link}
                href={`/segments/${encodeURIComponent(segment.segmentId)}`}
                fw={600}
              >
                {segment.name} ({formatCount(segment.memberCount)})
              </Anchor>
            ))}
          </Group>
          <Text size="sm" c="dimmed">
            {attributes.length > 0 ? attributes.join(', ') : 'No attributes'} · {formatCount(pending)} pending
          </Text>
        </div>
        <Group gap="xs">
          <StateBadge state={state} />
          <Button component={Link} href={`/activations/${id}`} size="xs" variant="default" aria-label={`Open: ${name}`}>
            Open
          </Button>
          {state === 'ACTIVE' && <ExportNow activationId={id} />}
          <PauseResume activation={activation} />
          <EndActivation activation={activation} />
        </Group>
      </Group>
    </Card>
  );
}
