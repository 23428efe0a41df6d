/** A credential, picked from those that there are. */

import { Select } from '@mantine/core';
import { useQuery } from 'urql';
import { PickCredentialDocument } from '../generated/graphql.js';
import { type FieldControlProps, textProps } from './field-control.js';

/** A CREDENTIAL field. */
export function CredentialField(props: FieldControlProps) {
  const { field, state } = props;
  const [{ data }] = useQuery({ query: PickCredentialDocument });
  const options = (data?.credentials.nodes ?? []).map(({ id, name }) => ({ value: id, label: name }));
  return (
    <Select
      {...textProps(props)}
      data={options}
      searchable
      allowDeselect={false}
      nothingFoundMessage="No credential has this name"
      onChange={(id) => state.setValue(field.name, id ?? '')}
    />
  );
}
