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
        <Route path="/destinations/:id/:tab?">{({ id, tab }) => <DestinationView id={id} tab={tab} />}</Route>
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
