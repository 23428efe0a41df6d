/** One destination: how it does, what happens live, and its settings. */

import { Tabs } from '@mantine/core';
import { lazy, Suspense } from 'react';
import { useLocation, useSearchParams } from 'wouter';
import { DestinationPageDocument, type DestinationPageQuery, type StatisticsWindow } from '../generated/graphql.js';
import { EmptyState } from '../ui/empty-state.js';
import { Loaded } from '../ui/loaded.js';
import { Loading } from '../ui/loading.js';
import { readPage } from '../ui/page.js';
import { usePolledQuery } from '../ui/polled-query.js';
import { StateBadge } from '../ui/state-badge.js';
import { tabPath } from '../ui/tab-path.js';
import { ViewFrame } from '../ui/view-frame.js';
import { readWindow } from '../ui/window-choice.js';
import { DestinationSummary } from './destination-summary.js';

const LiveEvents = lazy(async () => ({ default: (await import('../live/live-events.js')).LiveEvents }));
const SettingsTab = lazy(async () => ({ default: (await import('./settings-tab.js')).SettingsTab }));

const POLL_MS = 4_000;
const ABOVE = [{ href: '/', label: 'Overview' }];

/** A destination that there is. */
export type Destination = NonNullable<DestinationPageQuery['destination']>;

/** What is shown. */
export interface DestinationViewProps {
  readonly id: string;
  /** `live`, `settings`, or else the summary. */
  readonly tab: string | undefined;
}

/** The view. */
export function DestinationView({ id, tab }: DestinationViewProps) {
  const [parameters] = useSearchParams();
  const window = readWindow(parameters.get('window'));
  const variables = { id, window, ...readPage(parameters) };
  const [result, reload] = usePolledQuery({ query: DestinationPageDocument, variables }, POLL_MS);
  const refresh = () => reload({ requestPolicy: 'network-only' });
  const destination = result.data?.destination;
  return (
    <ViewFrame
      title={destination?.name ?? 'Destination'}
      above={ABOVE}
      actions={destination && <StateBadge state={destination.enabled ? destination.health.status : 'DISABLED'} />}
    >
      <Loaded result={result} onRetry={refresh}>
        {(found) =>
          found.destination ? (
            <DestinationTabs
              destination={found.destination}
              tab={tab ?? 'summary'}
              window={window}
              onChanged={refresh}
            />
          ) : (
            <NoDestination />
          )
        }
      </Loaded>
    </ViewFrame>
  );
}

function NoDestination() {
  return (
    <EmptyState title="There is no such destination" action={{ label: 'Go to the overview', href: '/' }}>
      It was deleted, or it belongs to another workspace.
    </EmptyState>
  );
}

interface DestinationTabsProps {
  readonly destination: Destination;
  readonly tab: string;
  readonly window: StatisticsWindow;
  readonly onChanged: () => void;
}

function DestinationTabs({ destination, tab, window, onChanged }: DestinationTabsProps) {
  const [, navigate] = useLocation();
  const [parameters] = useSearchParams();
  const { id } = destination;
  return (
    <Tabs
      value={tab}
      onChange={(next) => navigate(tabPath(`/destinations/${id}`, next ?? 'summary', parameters))}
      keepMounted={false}
    >
      <Tabs.List mb="lg">
        <Tabs.Tab value="summary">Summary</Tabs.Tab>
        <Tabs.Tab value="live">Live events</Tabs.Tab>
        <Tabs.Tab value="settings">Settings</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="summary">
        <DestinationSummary destination={destination} window={window} onChanged={onChanged} />
      </Tabs.Panel>
      <Suspense fallback={<Loading />}>
        <Tabs.Panel value="live">
          <LiveEvents destinationId={id} after={destination.eventCursor} />
        </Tabs.Panel>
        <Tabs.Panel value="settings">
          <SettingsTab destination={destination} />
        </Tabs.Panel>
      </Suspense>
    </Tabs>
  );
}
