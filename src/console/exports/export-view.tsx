/** One export: how far it is, its numbers by segment and code, and what failed in it. */

import { Anchor, Stack, Text } from '@mantine/core';
import { useSubscription } from 'urql';
import { Link } from 'wouter';
import { FailedRecordsPanel } from '../failed-records/failed-records-panel.js';
import { ExportPageDocument, type ExportPageQuery, ExportProgressDocument } from '../generated/graphql.js';
import { CodeTable } from '../ui/code-table.js';
import { DeliveryTable } from '../ui/delivery-table.js';
import { EmptyState } from '../ui/empty-state.js';
import { ExportBar } from '../ui/export-bar.js';
import { Loaded } from '../ui/loaded.js';
import { usePolledQuery } from '../ui/polled-query.js';
import { Section } from '../ui/section.js';
import { StateBadge } from '../ui/state-badge.js';
import { type Ancestor, ViewFrame } from '../ui/view-frame.js';
import { capitalize, toWords } from '../ui/words.js';
import { CancelExport } from './cancel-export.js';
import { ExportFigures } from './export-figures.js';
import { SegmentTable } from './segment-table.js';

/** An export that there is. */
export type Export = NonNullable<ExportPageQuery['export']>;

const POLL_MS = 3_000;

/** The view. */
export function ExportView({ id }: { id: string }) {
  const [result, reload] = usePolledQuery({ query: ExportPageDocument, variables: { id } }, POLL_MS);
  const [progress] = useSubscription({ query: ExportProgressDocument, variables: { exportId: id } });
  // Newer than the page while the socket lives; after a break the page's own questions go on.
  const newest = progress.error || progress.data?.exportProgress?.id !== id ? null : progress.data.exportProgress;
  const found = result.data?.export;
  const shown = found && { ...found, ...(isNewer(newest, found) && newest), destination: found.destination };
  return (
    <ViewFrame
      title={found ? `${capitalize(toWords(found.trigger))} export` : 'Export'}
      above={[{ href: '/', label: 'Overview' }, ...(found ? listAbove(found) : [])]}
      actions={
        shown && (
          <>
            <StateBadge state={shown.state} />
            <CancelExport running={shown} />
          </>
        )
      }
    >
      <Loaded result={result} onRetry={() => reload({ requestPolicy: 'network-only' })}>
        {() => (shown ? <ExportBody shown={shown} /> : <NoExport />)}
      </Loaded>
    </ViewFrame>
  );
}

/** Counters only grow: whoever has settled more is newer. */
function isNewer(newest: Pick<Export, 'pending' | 'finishedAt'> | null, page: Export): boolean {
  if (!newest || page.finishedAt !== null) return false;
  return newest.finishedAt !== null || Number(newest.pending) <= Number(page.pending);
}

function listAbove({ destination: { id, name }, activation }: Export): Ancestor[] {
  const above = [{ href: `/destinations/${id}`, label: name }];
  return activation ? [...above, { href: `/activations/${activation.id}`, label: 'Activation' }] : above;
}

function NoExport() {
  return (
    <EmptyState title="There is no such export" action={{ label: 'See all exports', href: '/exports' }}>
      It was deleted with its destination, or it belongs to another workspace.
    </EmptyState>
  );
}

function ExportBody({ shown }: { shown: Export }) {
  const { id, destination, deliveries, segments, codes } = shown;
  const isHeldUp = destination.health.status === 'HALTED' && shown.finishedAt === null;
  return (
    <Stack gap="xl">
      <ExportBar progress={shown} />
      {isHeldUp && (
        <Text role="status">
          It is held up:{' '}
          <Anchor component={Link} href={`/destinations/${destination.id}`} underline="always">
            {destination.name}
          </Anchor>{' '}
          is halted. {destination.health.reason?.remedy}
        </Text>
      )}
      <ExportFigures shown={shown} />
      {segments.length > 0 && <SegmentTable segments={segments} />}
      {codes.length > 0 && <CodeTable codes={codes} />}
      <Section title="Failed records">
        <FailedRecordsPanel scope={{ exportId: id }} />
      </Section>
      <Section title="Newest deliveries">
        <DeliveryTable deliveries={deliveries.nodes} />
      </Section>
    </Stack>
  );
}
