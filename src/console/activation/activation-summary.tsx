/** How an activation does: what it delivers, its exports, what failed, and statistics. */

import { Anchor, Group, List, SimpleGrid, Stack, Text } from '@mantine/core';
import { Link } from 'wouter';
import { FailedRecordsPanel } from '../failed-records/failed-records-panel.js';
import type { StatisticsWindow } from '../generated/graphql.js';
import { ExportList } from '../ui/export-list.js';
import { Figure } from '../ui/figure.js';
import { MomentText } from '../ui/moment-text.js';
import { Section } from '../ui/section.js';
import { StatisticsSection } from '../ui/statistics-section.js';
import { formatCount } from '../ui/words.js';
import { describeSchedule, draftOf } from './activation-changes.js';
import type { Activation } from './activation-view.js';
import { EndActivation } from './end-activation.js';
import { ExportNow } from './export-now.js';
import { PauseResume } from './pause-resume.js';

/** What is shown. */
export interface ActivationSummaryProps {
  readonly activation: Activation;
  readonly window: StatisticsWindow;
  /** Called once it was ended. */
  readonly onEnded: () => void;
}

/** The summary. */
export function ActivationSummary({ activation, window, onEnded }: ActivationSummaryProps) {
  const { id, state, exports, statistics } = activation;
  return (
    <Stack gap="xl">
      <Group gap="xs">
        {state === 'ACTIVE' && <ExportNow activationId={id} />}
        <PauseResume activation={activation} />
        <EndActivation activation={activation} onDone={onEnded} />
      </Group>
      <Numbers activation={activation} />
      <Section title="What is delivered">
        <Mapping activation={activation} />
      </Section>
      <Section title="Newest exports">
        <ExportList exports={exports.nodes} />
      </Section>
      <Section title="Failed records">
        <FailedRecordsPanel scope={{ activationId: id }} />
      </Section>
      <StatisticsSection history={statistics} window={window} />
    </Stack>
  );
}

function Numbers({ activation: { pending, oldestPendingAt, openFailures } }: { activation: Activation }) {
  const open = Number(openFailures.totalCount);
  return (
    <Stack gap={4}>
      <SimpleGrid component="dl" cols={2} m={0}>
        <Figure label="Pending now" value={formatCount(pending)} />
        <Figure label="Failed records open" value={formatCount(open)} isAlarming={open > 0} />
      </SimpleGrid>
      {oldestPendingAt && (
        <Text size="sm" c="dimmed">
          The oldest waits since <MomentText at={oldestPendingAt} />
        </Text>
      )}
    </Stack>
  );
}

function Mapping({ activation }: { activation: Activation }) {
  const { segments, attributes, changeDetection } = activation;
  return (
    <List size="sm">
      {segments.map(({ segment, mappingCreatedAt }) => (
        <List.Item key={segment.id}>
          <Anchor component={Link} href={`/segments/${encodeURIComponent(segment.segmentId)}`} underline="always">
            {segment.name}
          </Anchor>{' '}
          ({formatCount(segment.memberCount)}), since <MomentText at={mappingCreatedAt} />
        </List.Item>
      ))}
      <List.Item>Attributes: {attributes.join(', ') || 'none'}</List.Item>
      <List.Item>
        {changeDetection === 'EXPORT_ALWAYS'
          ? 'Each write of an attribute is delivered'
          : 'An attribute is delivered if its value changed'}
      </List.Item>
      <List.Item>
        <ScheduleText activation={activation} />
      </List.Item>
    </List>
  );
}

function ScheduleText({ activation }: { activation: Activation }) {
  const { schedule } = activation;
  if (!schedule) return 'Not exported by itself';
  const { nextRunAt, timeZone } = schedule;
  return (
    <>
      Exported by itself: {describeSchedule(draftOf(activation, timeZone))}; next{' '}
      {nextRunAt ? <MomentText at={nextRunAt} /> : 'once it is resumed'}
    </>
  );
}
