/** Exports under way, with how far they are. */

import { Anchor, Card, Group, Stack, Text, Title } from '@mantine/core';
import { Link } from 'wouter';
import type { ExportRowFragment } from '../generated/graphql.js';
import { ExportBar } from '../ui/export-bar.js';
import { toWords } from '../ui/words.js';

/** Lists exports under way; nothing if there are none. */
export function RunningExports({ exports }: { exports: readonly ExportRowFragment[] }) {
  if (exports.length === 0) return null;
  return (
    <Stack gap="xs">
      <Title order={2} size="h4">
        Exports under way
      </Title>
      {exports.map((running) => (
        <Card key={running.id} withBorder p="sm">
          <Group justify="space-between" mb="xs">
            <Anchor component={Link} href={`/exports/${running.id}`}>
              {running.destination.name}
            </Anchor>
            <Text size="sm">{toWords(running.trigger)}</Text>
          </Group>
          <ExportBar progress={running} />
        </Card>
      ))}
    </Stack>
  );
}
