/** The activations of a destination: their segments, attributes and state; pause and go on. */

import { Anchor, Button, Card, Group, Stack, Text } from '@mantine/core';
import { Link } from 'wouter';
import { type ActivationRowFragment, PauseActivationDocument, ResumeActivationDocument } from '../generated/graphql.js';
import { useAction } from '../ui/outcome.js';
import { StateBadge } from '../ui/state-badge.js';
import { formatCount } from '../ui/words.js';
import { EndActivation } from './end-activation.js';
import { ExportNow } from './export-now.js';

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
  const { state, segments, attributes, pending } = activation;
  return (
    <Card
      withBorder
      p="sm"
      component="article"
      aria-label={`Activation of ${segments.map(({ segment }) => segment.name).join(', ')}`}
    >
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
          {state === 'ACTIVE' && <ExportNow activationId={activation.id} />}
          <PauseButton activation={activation} />
          <EndActivation activation={activation} />
        </Group>
      </Group>
    </Card>
  );
}

function PauseButton({ activation: { id, state } }: { activation: ActivationRowFragment }) {
  const pause = useAction(PauseActivationDocument);
  const resume = useAction(ResumeActivationDocument);
  const isPaused = state === 'PAUSED';
  return (
    <Button
      size="xs"
      variant="default"
      loading={pause.isRunning || resume.isRunning}
      onClick={() => void (isPaused ? resume.run({ id, onResume: 'LATEST_ONLY' }) : pause.run({ id }))}
    >
      {isPaused ? 'Resume' : 'Pause'}
    </Button>
  );
}
