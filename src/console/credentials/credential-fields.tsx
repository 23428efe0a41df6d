/** The fields of a credential, as the catalogue has them. */

import type { ReactNode } from 'react';
import { useQuery } from 'urql';
import type { Field } from '../fields/field-values.js';
import { CatalogueDocument } from '../generated/graphql.js';
import { Loaded } from '../ui/loaded.js';

/** Shows what is made from the fields, once they are here. */
export function CredentialFields({ children }: { children: (fields: readonly Field[]) => ReactNode }) {
  const [result, reload] = useQuery({ query: CatalogueDocument, requestPolicy: 'cache-first' });
  return (
    <Loaded result={result} onRetry={() => reload({ requestPolicy: 'network-only' })}>
      {({ destinationTypes: [type] }) =>
        children(type?.steps.find(({ kind }) => kind === 'AUTHENTICATION')?.fields ?? [])
      }
    </Loaded>
  );
}
