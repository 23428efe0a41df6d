/**
 * Which view stands at which address. Each is loaded when it is first opened, but for the overview: React shows what
 * was waited for 300 ms after it showed that it waits, and the first view should not begin with that.
 */

import { lazy, Suspense } from 'react';
import { Route, Switch } from 'wouter';
import { OverviewView } from './overview/overview-view.js';
import { EmptyState } from './ui/empty-state.js';
import { Loading } from './ui/loading.js';
import { ViewFrame } from './ui/view-frame.js';

const CatalogueView = lazy(async () => ({ default: (await import('./connect/catalogue-view.js')).CatalogueView }));
const ConnectView = lazy(async () => ({ default: (await import('./connect/connect-view.js')).ConnectView }));
const DestinationView = lazy(async () => ({
  default: (await import('./destination/destination-view.js')).DestinationView,
}));
const ActivateView = lazy(async () => ({ default: (await import('./activate/activate-view.js')).ActivateView }));
const ActivationView = lazy(async () => ({
  default: (await import('./activation/activation-view.js')).ActivationView,
}));
const ExportView = lazy(async () => ({ default: (await import('./exports/export-view.js')).ExportView }));
const ExportsView = lazy(async () => ({ default: (await import('./exports/exports-view.js')).ExportsView }));
const FailedRecordsView = lazy(async () => ({
  default: (await import('./failed-records/failed-records-view.js')).FailedRecordsView,
}));
const SegmentsView = lazy(async () => ({ default: (await import('./segments/segments-view.js')).SegmentsView }));
const SegmentView = lazy(async () => ({ default: (await import('./segments/segment-view.js')).SegmentView }));
const ProfilesView = lazy(async () => ({ default: (await import('./profiles/profiles-view.js')).ProfilesView }));
const ProfileView = lazy(async () => ({ default: (await import('./profiles/profile-view.js')).ProfileView }));
const CredentialsView = lazy(async () => ({
  default: (await import('./credentials/credentials-view.js')).CredentialsView,
}));
const ApiKeysView = lazy(async () => ({ default: (await import('./api-keys/api-keys-view.js')).ApiKeysView }));
const AuditView = lazy(async () => ({ default: (await import('./audit/audit-view.js')).AuditView }));
const UploadView = lazy(async () => ({ default: (await import('./upload/upload-view.js')).UploadView }));

/** The view of the present address; of another thing, it is another view. */
export function Routes() {
  return (
    <Suspense fallback={<Loading />}>
      <Switch>
        <Route path="/" component={OverviewView} />
        <Route path="/destinations/new" component={CatalogueView} />
        <Route path="/destinations/new/:kind">{({ kind }) => <ConnectView key={kind} kind={kind} />}</Route>
        <Route path="/destinations/:id/activate">{({ id }) => <ActivateView key={id} destinationId={id} />}</Route>
        <Route path="/destinations/:id/:tab?">{({ id, tab }) => <DestinationView key={id} id={id} tab={tab} />}</Route>
        <Route path="/activations/:id/:tab?">{({ id, tab }) => <ActivationView key={id} id={id} tab={tab} />}</Route>
        <Route path="/exports" component={ExportsView} />
        <Route path="/exports/:id">{({ id }) => <ExportView key={id} id={id} />}</Route>
        <Route path="/failed-records" component={FailedRecordsView} />
        <Route path="/segments" component={SegmentsView} />
        <Route path="/segments/:id">{({ id }) => <SegmentView key={id} segmentId={readOwnId()} />}</Route>
        <Route path="/profiles" component={ProfilesView} />
        <Route path="/profiles/:id">{({ id }) => <ProfileView key={id} profileId={readOwnId()} />}</Route>
        <Route path="/credentials" component={CredentialsView} />
        <Route path="/api-keys" component={ApiKeysView} />
        <Route path="/audit" component={AuditView} />
        <Route path="/upload" component={UploadView} />
        <Route component={UnknownView} />
      </Switch>
    </Suspense>
  );
}

/** The customer's own id at the end of the address, which may hold any character: the router would decode it by half. */
function readOwnId(): string {
  const text = window.location.pathname.split('/').at(-1) ?? '';
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
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
