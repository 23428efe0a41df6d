/** Failed records of one destination, or of all. */

import { Group } from '@mantine/core';
import { useSearchParams } from 'wouter';
import { ViewFrame } from '../ui/view-frame.js';
import { DestinationChoice, readDestination } from './destination-choice.js';
import { FailedRecordsPanel } from './failed-records-panel.js';

/** The view. */
export function FailedRecordsView() {
  const [parameters] = useSearchParams();
  const destinationId = readDestination(parameters);
  const above = destinationId === null ? [] : [{ href: `/destinations/${destinationId}`, label: 'Destination' }];
  return (
    <ViewFrame title="Failed records" above={[{ href: '/', label: 'Overview' }, ...above]}>
      <Group>
        <DestinationChoice destinationId={destinationId} />
      </Group>
      <FailedRecordsPanel scope={destinationId === null ? null : { destinationId }} />
    </ViewFrame>
  );
}
