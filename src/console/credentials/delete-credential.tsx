/** Deletes a credential; one that a destination uses is refused, and the answer says by which. */

import { type CredentialCardFragment, DeleteCredentialDocument } from '../generated/graphql.js';
import { EndByName } from '../ui/end-by-name.js';

/** What is deleted. */
export interface DeleteCredentialProps {
  readonly credential: CredentialCardFragment;
  readonly onDeleted: () => void;
}

/** The button. */
export function DeleteCredential({ credential: { id, name }, onDeleted }: DeleteCredentialProps) {
  return (
    <EndByName
      document={DeleteCredentialDocument}
      variables={{ id }}
      label="Delete"
      description={`Delete ${name}`}
      size="xs"
      title="Delete the credential"
      name={name}
      consequence="What it holds is erased. At AWS the access key stays: deactivate it there."
      onDone={onDeleted}
    />
  );
}
