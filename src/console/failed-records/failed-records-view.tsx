/** Failed records of one destination, or of all. */

import { useSearchParams } from 'wouter';
import { ViewFrame } from '../ui/view-frame.js';
import { FailedRecordsPanel } from './failed-records-panel.js';

/** The view. */
export function FailedRecordsView() {
  const [parameters] = useSearchParams();
  const destinationId = parameters.get('destination');
  const above = destinationId === null ? [] : [{ href: `/destinations/${destinationId}`, label: 'Destination' }];
  return (
    <ViewFrame title="Failed records" above={[{ href: '/', label: 'Overview' }, ...above]}>
      <FailedRecordsPanel scope={destinationId === null ? {} : { destinationId }} />
    </ViewFrame>
  );
}
