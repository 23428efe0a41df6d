/** One activation: how it does, its settings, and the record that a member would get. */

import { Tabs } from '@mantine/core';
import { useSearchParams } from 'wouter';
import { ActivationPageDocument, type ActivationPageQuery, type StatisticsWindow } from '../generated/graphql.js';
import { EmptyState } from '../ui/empty-state.js';
import { Loaded } from '../ui/loaded.js';
import { usePolledQuery } from '../ui/polled-query.js';
import { useNavigateFromHere } from '../ui/presence.js';
import { StateBadge } from '../ui/state-badge.js';
import { tabPath } from '../ui/tab-path.js';
import { type Ancestor, ViewFrame } from '../ui/view-frame.js';
import { readWindow } from '../ui/window-choice.js';
import { nameActivation } from './activation-name.js';
import { ActivationSettings } from './activation-settings.js';
import { ActivationSummary } from './activation-summary.js';
import { MemberPreview } from './member-preview.js';

/** An activation that there is. */
export type Activation = NonNullable<ActivationPageQuery['activation']>;

/** What is shown. */
export interface ActivationViewProps {
  readonly id: string;
  /** `settings`, `preview`, or else the summary. */
  readonly tab: string | undefined;
}

const POLL_MS = 4_000;

/** The view. */
export function ActivationView({ id, tab }: ActivationViewProps) {
  const [parameters] = useSearchParams();
  const window = readWindow(parameters.get('window'));
  const [result, reload] = usePolledQuery({ query: ActivationPageDocument, variables: { id, window } }, POLL_MS);
  const activation = result.data?.activation;
  return (
    <ViewFrame
      title={activation ? `Activation of ${nameActivation(activation)}` : 'Activation'}
      above={listAbove(activation)}
      actions={activation && <StateBadge state={activation.state} />}
    >
      <Loaded result={result} onRetry={() => reload({ requestPolicy: 'network-only' })}>
        {(found) =>
          found.activation ? (
            <ActivationTabs activation={found.activation} tab={tab ?? 'summary'} window={window} />
          ) : (
            <EmptyState title="There is no such activation" action={{ label: 'Go to the overview', href: '/' }}>
              It was ended, or it belongs to another workspace.
            </EmptyState>
          )
        }
      </Loaded>
    </ViewFrame>
  );
}

function listAbove(activation: Activation | null | undefined): Ancestor[] {
  const overview = { href: '/', label: 'Overview' };
  if (!activation) return [overview];
  const { id, name } = activation.destination;
  return [overview, { href: `/destinations/${id}`, label: name }];
}

interface ActivationTabsProps {
  readonly activation: Activation;
  readonly tab: string;
  readonly window: StatisticsWindow;
}

function ActivationTabs({ activation, tab, window }: ActivationTabsProps) {
  const navigate = useNavigateFromHere();
  const [parameters] = useSearchParams();
  const { id, destination } = activation;
  return (
    <Tabs
      value={tab}
      onChange={(next) => navigate(tabPath(`/activations/${id}`, next ?? 'summary', parameters))}
      keepMounted={false}
    >
      <Tabs.List mb="lg">
        <Tabs.Tab value="summary">Summary</Tabs.Tab>
        <Tabs.Tab value="settings">Settings</Tabs.Tab>
        <Tabs.Tab value="preview">A member's record</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="summary">
        <ActivationSummary
          activation={activation}
          window={window}
          onEnded={() => navigate(`/destinations/${destination.id}`)}
        />
      </Tabs.Panel>
      <Tabs.Panel value="settings">
        <ActivationSettings activation={activation} />
      </Tabs.Panel>
      <Tabs.Panel value="preview">
        <MemberPreview activationId={id} />
      </Tabs.Panel>
    </Tabs>
  );
}
