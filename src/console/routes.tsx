/** Which view stands at which address. Each is loaded when it is first opened. */

import { Loader } from '@mantine/core';
import { lazy, Suspense } from 'react';
import { Route, Switch } from 'wouter';
import { EmptyState } from './ui/empty-state.js';
import { ViewFrame } from './ui/view-frame.js';

const OverviewView = lazy(async () => ({ default: (await import('./overview/overview-view.js')).OverviewView }));

const CatalogueView = lazy(async () => ({ default: (await import('./connect/catalogue-view.js')).CatalogueView }));
const ConnectView = lazy(async () => ({ default: (await import('./connect/connect-view.js')).ConnectView }));
const DestinationView = lazy(async () => ({
  default: (await import('./destination/destination-view.js')).DestinationView,
}));
const ActivateView = lazy(async () => ({ default: (await import('./activate/activate-view.js')).ActivateView }));
const ExportView = lazy(async () => ({ default: (await import('./exports/export-view.js')).ExportView }));
const ExportsView = lazy(async () => ({ default: (await import('./exports/exports-view.js')).ExportsView }));
const FailedRecordsView = lazy(async () => ({
  default: (await import('./failed-records/failed-records-view.js')).FailedRecordsView,
}));

/** The view of the present address. */
export function Routes() {
  return (
    <Suspense fallback={<Loader aria-label="Loading" />}>
      <Switch>
        <Route path="/">
          <OverviewView />
        </Route>
        <Route path="/destinations/new">
          <CatalogueView />
        </Route>
        <Route path="/destinations/new/:kind">{({ kind }) => <ConnectView kind={kind} />}</Route>
        <Route path="/destinations/:id/activate">{({ id }) => <ActivateView destinationId={id} />}</Route>
        <Route path="/destinations/:id/:tab?">{({ id, tab }) => <DestinationView id={id} tab={tab} />}</Route>
        <Route path="/exports">
          <ExportsView />
        </Route>
        <Route path="/exports/:id">{({ id }) => <ExportView key={id} id={id} />}</Route>
        <Route path="/failed-records">
          <FailedRecordsView />
        </Route>
        <Route>
          <UnknownView />
        </Route>
      </Switch>
    </Suspense>
  );
}

function UnknownView() {
  return (
    <ViewFrame title="Nothing here">
      <EmptyState title="There is no view at this address" action={{ label: 'Go to the overview', href: '/' }}>
        The link may be old, or mistyped.
      </EmptyState>
    </ViewFrame>
  );
}
