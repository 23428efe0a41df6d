/** Settings of a destination: change them, see how records spread over shards, switch it off, delete it. */

import { Divider, Stack } from '@mantine/core';
import { useQuery } from 'urql';
import { CatalogueDocument } from '../generated/graphql.js';
import { Loaded } from '../ui/loaded.js';
import { DestinationEnding } from './destination-ending.js';
import type { Destination } from './destination-view.js';
import { PartitionPreview } from './partition-preview.js';
import { SettingsForm } from './settings-form.js';

/** The tab. */
export function SettingsTab({ destination }: { destination: Destination }) {
  const [result, reload] = useQuery({ query: CatalogueDocument, requestPolicy: 'cache-first' });
  return (
    <Stack gap="xl">
      <Loaded result={result} onRetry={() => reload({ requestPolicy: 'network-only' })}>
        {({ destinationTypes }) => {
          const type = destinationTypes.find(({ name }) => name === destination.type.name);
          const fields = type?.steps.filter(({ kind }) => kind === 'SETUP').flatMap((step) => step.fields) ?? [];
          return <SettingsForm fields={fields} destination={destination} />;
        }}
      </Loaded>
      <Divider />
      <PartitionPreview destinationId={destination.id} />
      <Divider />
      <DestinationEnding destination={destination} />
    </Stack>
  );
}
