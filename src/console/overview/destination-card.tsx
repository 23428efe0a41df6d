/** One destination in the overview: its health and what became of its records in the last hour. */

import { Anchor, Card, Group, Text } from '@mantine/core';
import { Link } from 'wouter';
import type { DestinationRowFragment } from '../generated/graphql.js';
import { Figure } from '../ui/figure.js';
import { MomentText } from '../ui/moment-text.js';
import { StateBadge } from '../ui/state-badge.js';
import { formatCount, formatRate } from '../ui/words.js';

/** The card of a destination. */
export function DestinationCard({ destination }: { destination: DestinationRowFragment }) {
  const { id, name, enabled, health, type } = destination;
  return (
    <Card withBorder component="article" aria-label={name}>
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <Anchor component={Link} href={`/destinations/${id}`} fw={600} truncate>
          {name}
        </Anchor>
        <StateBadge state={enabled ? health.status : 'DISABLED'} />
      </Group>
      <Text size="sm" c="dimmed" truncate>
        {type.name} · {destination.region} · {destination.stream}
      </Text>
      <Figures destination={destination} />
      {health.message && (
        <Text size="sm" mt="sm">
          {health.message} Since <MomentText at={health.since} />.
        </Text>
      )}
    </Card>
  );
}

function Figures({ destination: { pending, statistics, openFailures } }: { destination: DestinationRowFragment }) {
  const { delivered, failed, recordsPerSecond } = statistics.total;
  return (
    <>
      <Group component="dl" gap="lg" mt="md" mb={0}>
        <Figure label="Delivered" value={formatCount(delivered)} />
        <Figure label="Failed" value={formatCount(failed)} isAlarming={Number(failed) > 0} />
        <Figure label="Pending now" value={formatCount(pending)} />
        <Figure label="Rate" value={formatRate(recordsPerSecond)} />
        {Number(openFailures.totalCount) > 0 && (
          <Figure label="Failed records open" value={formatCount(openFailures.totalCount)} isAlarming />
        )}
      </Group>
      <Text size="xs" c="dimmed" mt={4}>
        in the last hour
      </Text>
    </>
  );
}
