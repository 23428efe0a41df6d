/** The record as a retry would build it now. */

import { Text } from '@mantine/core';
import { useQuery } from 'urql';
import { type FailedRecordRowFragment, SimulateMemberDocument } from '../generated/graphql.js';
import { Loaded } from '../ui/loaded.js';
import { SimulatedRecord } from '../ui/simulated-record.js';

/** The preview. */
export function RetryPreview({ record: { activation, profileId } }: { record: FailedRecordRowFragment }) {
  const [result, reload] = useQuery({
    query: SimulateMemberDocument,
    variables: { activationId: activation?.id ?? '', profileId },
    requestPolicy: 'network-only',
    pause: activation === null,
  });
  if (activation === null) return <Text>Its activation was deleted: it cannot be sent again.</Text>;
  return (
    <Loaded result={result} onRetry={reload}>
      {({ simulateExport: answer }) =>
        answer.__typename === 'SimulateExportSuccess' ? (
          <SimulatedRecord simulation={answer.simulation} />
        ) : (
          <Text role="alert">{answer.message}</Text>
        )
      }
    </Loaded>
  );
}
