/** How a destination does: health, activations, exports, and statistics. */

import { Anchor, Button, SimpleGrid, Stack, Text } from '@mantine/core';
import { Link } from 'wouter';
import type { StatisticsWindow } from '../generated/graphql.js';
import { ExportList } from '../ui/export-list.js';
import { Figure } from '../ui/figure.js';
import { Pager } from '../ui/pager.js';
import { Section } from '../ui/section.js';
import { StatisticsSection } from '../ui/statistics-section.js';
import { formatCount, formatRate } from '../ui/words.js';
import { ActivationList } from './activation-list.js';
import { DestinationCredential } from './destination-credential.js';
import type { Destination } from './destination-view.js';
import { HealthPanel } from './health-panel.js';
import { Replay } from './replay.js';

/** What is shown. */
export interface DestinationSummaryProps {
  readonly destination: Destination;
  readonly window: StatisticsWindow;
  /** Called once something of it was changed that no mutation of its own answers. */
  readonly onChanged: () => void;
}

/** The summary. */
export function DestinationSummary({ destination, window, onChanged }: DestinationSummaryProps) {
  const { id, name, credential, activations, exports, history } = destination;
  return (
    <Stack gap="xl">
      <HealthPanel destination={destination} />
      <Numbers destination={destination} />
      <DestinationCredential credential={credential} onChanged={onChanged} />
      <Section
        title="Activations"
        actions={
          <Button component={Link} href={`/destinations/${id}/activate`} size="xs">
            Activate segments
          </Button>
        }
      >
        <ActivationList activations={activations.nodes} />
        <Pager page={activations.pageInfo} />
      </Section>
      <Section title="Newest exports" actions={<Replay destinationId={id} name={name} />}>
        <ExportList exports={exports.nodes} />
      </Section>
      <StatisticsSection history={history} window={window} />
    </Stack>
  );
}

function Numbers({ destination }: { destination: Destination }) {
  const { id, pending, statistics, openFailures, region, stream } = destination;
  const open = Number(openFailures.totalCount);
  return (
    <Stack gap={4}>
      <SimpleGrid component="dl" cols={{ base: 2, sm: 5 }} m={0}>
        <Figure label="Delivered, last hour" value={formatCount(statistics.total.delivered)} />
        <Figure
          label="Failed, last hour"
          value={formatCount(statistics.total.failed)}
          isAlarming={Number(statistics.total.failed) > 0}
        />
        <Figure label="Pending now" value={formatCount(pending)} />
        <Figure label="Rate, last hour" value={formatRate(statistics.total.recordsPerSecond)} />
        <Figure label="Failed records open" value={formatCount(openFailures.totalCount)} isAlarming={open > 0} />
      </SimpleGrid>
      {open > 0 && (
        <Anchor component={Link} href={`/failed-records?destination=${id}`}>
          Look at the failed records
        </Anchor>
      )}
      <Text size="sm" c="dimmed">
        Stream {stream} in {region}
      </Text>
    </Stack>
  );
}
