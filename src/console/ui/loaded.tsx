/** Shows what a query found, that it is under way, or why it failed. */

import { Alert, Button, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { CombinedError } from 'urql';
import { Loading } from './loading.js';

/** A query, and how its data is shown. */
export interface LoadedProps<Data> {
  readonly result: { readonly data?: Data | undefined; readonly error?: CombinedError | undefined };
  readonly onRetry: () => void;
  readonly children: (data: Data) => ReactNode;
}

/** Shows the data as soon as there is some; a failure later stands above what was found before. */
export function Loaded<Data>({ result: { data, error }, onRetry, children }: LoadedProps<Data>) {
  if (!data && !error) return <Loading />;
  return (
    <Stack gap="lg">
      {error && <QueryFault error={error} onRetry={onRetry} />}
      {data && children(data)}
    </Stack>
  );
}

function QueryFault({ error, onRetry }: { error: CombinedError; onRetry: () => void }) {
  const [first] = error.graphQLErrors;
  const requestId = first?.extensions['requestId'];
  return (
    <Alert color="red" title="This could not be loaded" variant="outline">
      <Stack align="flex-start" gap="xs">
        <Text size="sm">{first?.message ?? 'The server does not answer. Check that it runs.'}</Text>
        {typeof requestId === 'string' && <Text size="xs">Request id: {requestId}</Text>}
        <Button size="xs" variant="default" onClick={onRetry}>
          Try again
        </Button>
      </Stack>
    </Alert>
  );
}
