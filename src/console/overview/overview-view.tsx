/** The first view: which destinations there are, how they do, and what needs attention. */

import { Button, SimpleGrid } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import { Link, useSearchParams } from 'wouter';
import { OverviewDocument, type OverviewQuery } from '../generated/graphql.js';
import { EmptyState } from '../ui/empty-state.js';
import { Loaded } from '../ui/loaded.js';
import { readPage } from '../ui/page.js';
import { Pager } from '../ui/pager.js';
import { usePolledQuery } from '../ui/polled-query.js';
import { ViewFrame } from '../ui/view-frame.js';
import { AttentionList } from './attention-list.js';
import { DestinationCard } from './destination-card.js';
import { RunningExports } from './running-exports.js';

const ThroughputChart = lazy(async () => ({ default: (await import('./throughput-chart.js')).ThroughputChart }));

const POLL_MS = 5_000;
/** Well beyond the time that the server warns ahead. */
const MS_OF_A_MONTH = 30 * 24 * 3_600_000;

/** The overview. */
export function OverviewView() {
  const [parameters] = useSearchParams();
  // Once: a question that changes with each moment is no poll.
  const [expiresBefore] = useState(() => new Date(Date.now() + MS_OF_A_MONTH).toISOString());
  const variables = { ...readPage(parameters), expiresBefore };
  const [result, reload] = usePolledQuery({ query: OverviewDocument, variables }, POLL_MS);
  return (
    <ViewFrame
      title="Overview"
      actions={
        <Button component={Link} href="/destinations/new">
          Connect a destination
        </Button>
      }
    >
      <Loaded result={result} onRetry={reload}>
        {(overview) => <Overview overview={overview} />}
      </Loaded>
    </ViewFrame>
  );
}

function Overview({ overview }: { overview: OverviewQuery }) {
  const { destinations, troubled, expiring, failedExports, runningExports, viewer } = overview;
  if (Number(destinations.totalCount) === 0)
    return (
      <EmptyState
        title="No destination yet"
        action={{ label: 'Connect the first destination', href: '/destinations/new' }}
      >
        A destination is a data stream in your AWS account. Connect one, then activate segments to it.
      </EmptyState>
    );
  return (
    <>
      <AttentionList troubled={troubled} expiring={expiring.nodes} exports={failedExports.nodes} />
      <SimpleGrid cols={{ base: 1, md: 2, xl: 3 }}>
        {destinations.nodes.map((destination) => (
          <DestinationCard key={destination.id} destination={destination} />
        ))}
      </SimpleGrid>
      <Pager page={destinations.pageInfo} />
      <RunningExports exports={runningExports.nodes} />
      <Suspense>
        <ThroughputChart periods={viewer.workspace.throughput.buckets} />
      </Suspense>
    </>
  );
}
