/** Which view stands at which address. Each is loaded when it is first opened. */

import { Loader } from '@mantine/core';
import { lazy, Suspense } from 'react';
import { Route, Switch } from 'wouter';
import { EmptyState } from './ui/empty-state.js';
import { ViewFrame } from './ui/view-frame.js';

const OverviewView = lazy(async () => ({ default: (await import('./overview/overview-view.js')).OverviewView }));

/** The view of the present address. */
export function Routes() {
  return (
    <Suspense fallback={<Loader aria-label="Loading" />}>
      <Switch>
        <Route path="/">
          <OverviewView />
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
