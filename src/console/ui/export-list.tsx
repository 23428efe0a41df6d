/** Exports as a list, each with its progress. */

import { Anchor, Card, Group, Stack, Text } from '@mantine/core';
import { Link } from 'wouter';
import type { ExportRowFragment } from '../generated/graphql.js';
import { ExportBar } from './export-bar.js';
import { MomentText } from './moment-text.js';
import { StateBadge } from './state-badge.js';
import { capitalize, toWords } from './words.js';

/** Lists exports. */
export function ExportList({ exports }: { exports: readonly ExportRowFragment[] }) {
  if (exports.length === 0) return <Text c="dimmed">None yet.</Text>;
  return (
    <Stack gap="xs">
      {exports.map((one) => (
        <Card
          key={one.id}
          withBorder
          p="sm"
          component="article"
          aria-label={`${capitalize(toWords(one.trigger))} export`}
        >
          <Group justify="space-between" mb="xs">
            <Anchor component={Link} href={`/exports/${one.id}`} fw={600}>
              {capitalize(toWords(one.trigger))} to {one.destination.name}
            </Anchor>
            <Group gap="xs">
              <Text size="sm" c="dimmed">
                <MomentText at={one.createdAt} />
              </Text>
              <StateBadge state={one.state} />
            </Group>
          </Group>
          <ExportBar progress={one} />
        </Card>
      ))}
    </Stack>
  );
}
