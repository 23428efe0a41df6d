/** Changes the name of a credential. */

import { Button, Modal, Stack, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { UpdateCredentialDocument } from '../generated/graphql.js';
import { ActionForm } from '../ui/action-form.js';
import { useAction } from '../ui/outcome.js';
import type { CredentialChangeProps } from './credential-change.js';

/** The button, with its form. */
export function RenameCredential({ credential, onDone }: CredentialChangeProps) {
  const [isOpen, { open, close }] = useDisclosure();
  const finish = () => {
    close();
    onDone();
  };
  return (
    <>
      <Button variant="default" size="xs" onClick={open} aria-label={`Rename ${credential.name}`}>
        Rename
      </Button>
      <Modal opened={isOpen} onClose={close} title={`Rename ${credential.name}`}>
        <NameForm credential={credential} onDone={finish} />
      </Modal>
    </>
  );
}

function NameForm({ credential: { id, version, name: before }, onDone }: CredentialChangeProps) {
  const [name, setName] = useState(before);
  const [fault, setFault] = useState<string | null>(null);
  const { isRunning, run } = useAction(UpdateCredentialDocument);
  const submit = async () => {
    const outcome = await run({ input: { id, expectedVersion: version, name } });
    if (outcome.isDone) return onDone();
    setFault(outcome.refusal.issues?.[0]?.message ?? outcome.refusal.message);
  };
  return (
    <ActionForm onSubmit={() => void submit()}>
      <Stack>
        <TextInput
          label="New name"
          value={name}
          onChange={({ currentTarget: { value } }) => setName(value)}
          error={fault}
          data-autofocus
        />
        <Button type="submit" loading={isRunning} style={{ alignSelf: 'flex-start' }}>
          Rename
        </Button>
      </Stack>
    </ActionForm>
  );
}
