/** Deletes a credential; one that a destination uses is refused, and the answer says by which. */

import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { type CredentialCardFragment, DeleteCredentialDocument } from '../generated/graphql.js';
import { ConfirmByName } from '../ui/confirm-by-name.js';
import { useAction } from '../ui/outcome.js';

/** What is deleted. */
export interface DeleteCredentialProps {
  readonly credential: CredentialCardFragment;
  readonly onDeleted: () => void;
}

/** The button. */
export function DeleteCredential({ credential: { id, name }, onDeleted }: DeleteCredentialProps) {
  const [isAsking, { open, close }] = useDisclosure();
  const { isRunning, run } = useAction(DeleteCredentialDocument);
  const remove = async () => {
    const outcome = await run({ id });
    close();
    if (outcome.isDone) return onDeleted();
    notifications.show({ color: 'red', title: 'Nothing was changed', message: outcome.refusal.message });
  };
  return (
    <>
      <Button size="xs" variant="outline" color="red" onClick={open} aria-label={`Delete ${name}`}>
        Delete
      </Button>
      <ConfirmByName
        isOpen={isAsking}
        onClose={close}
        title="Delete the credential"
        name={name}
        consequence="What it holds is erased. At AWS the access key stays: deactivate it there."
        isRunning={isRunning}
        onConfirm={() => void remove()}
      />
    </>
  );
}
