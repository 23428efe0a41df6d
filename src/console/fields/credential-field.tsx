/** A credential, picked from those that there are. */

import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { useQuery } from 'urql';
import { CredentialNameDocument, PickCredentialDocument } from '../generated/graphql.js';
import { type FieldControlProps, textProps } from './field-control.js';
import { SearchedSelect } from './searched-select.js';

const PAUSE_MS = 300;

/** A CREDENTIAL field. */
export function CredentialField(props: FieldControlProps) {
  const { field, state } = props;
  const id = String(state.values[field.name] ?? '');
  const [text, setText] = useState('');
  const [search] = useDebouncedValue(text, PAUSE_MS);
  const [{ data }] = useQuery({ query: PickCredentialDocument, variables: { search: search || null } });
  const [{ data: named }] = useQuery({ query: CredentialNameDocument, variables: { id }, pause: id === '' });
  const found = data?.credentials.nodes ?? [];
  const chosen = [...found, ...(named?.credential ? [named.credential] : [])].find((known) => known.id === id);
  return (
    <SearchedSelect
      {...textProps(props)}
      found={found}
      chosen={chosen ?? null}
      onSearch={setText}
      allowDeselect={false}
      nothingFoundMessage="No credential has this name"
      onChange={(next) => state.setValue(field.name, next ?? '')}
    />
  );
}
