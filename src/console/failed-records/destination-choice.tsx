/** Whose failed records are shown: those of one destination, or of all; part of the address. */

import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { useQuery } from 'urql';
import { useSearchParams } from 'wouter';
import { SearchedSelect } from '../fields/searched-select.js';
import { DestinationNameDocument, PickDestinationDocument } from '../generated/graphql.js';
import { withChoice } from '../ui/page.js';

const PAUSE_MS = 300;
const PARAMETER = 'destination';

/** The destination of an address; null if it names none. */
export function readDestination(parameters: URLSearchParams): string | null {
  return parameters.get(PARAMETER);
}

/** The choice. */
export function DestinationChoice({ destinationId }: { destinationId: string | null }) {
  const [, setParameters] = useSearchParams();
  const [text, setText] = useState('');
  const [search] = useDebouncedValue(text, PAUSE_MS);
  const [{ data }] = useQuery({ query: PickDestinationDocument, variables: { search: search || null } });
  const [{ data: named }] = useQuery({
    query: DestinationNameDocument,
    variables: { id: destinationId ?? '' },
    pause: destinationId === null,
  });
  const found = data?.destinations.nodes ?? [];
  const chosen = [...found, ...(named?.destination ? [named.destination] : [])].find(({ id }) => id === destinationId);
  const choose = (id: string | null) => setParameters((present) => withChoice(present, PARAMETER, id));
  return (
    <SearchedSelect
      label="Destination"
      placeholder="All"
      found={found}
      chosen={chosen ?? null}
      onSearch={setText}
      value={destinationId}
      clearable
      clearButtonProps={{ 'aria-label': 'Show all destinations' }}
      nothingFoundMessage="No destination has this name"
      onChange={choose}
    />
  );
}
