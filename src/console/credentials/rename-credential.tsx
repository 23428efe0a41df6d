/** Changes the name of a credential. */

import { Button, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { UpdateCredentialDocument } from '../generated/graphql.js';
import { ActionForm } from '../ui/action-form.js';
import { DialogButton } from '../ui/dialog-button.js';
import { faultsByField, useAction } from '../ui/outcome.js';
import type { CredentialChangeProps } from './credential-change.js';

/** The button, with its form. */
export function RenameCredential({ credential, onDone }: CredentialChangeProps) {
  return (
    <DialogButton
      label="Rename"
      description={`Rename ${credential.name}`}
      look={{ size: 'xs', variant: 'default' }}
      onDone={onDone}
      title={`Rename ${credential.name}`}
    >
      {(finish) => <NameForm credential={credential} onDone={finish} />}
    </DialogButton>
  );
}

function NameForm({ credential: { id, version, name: before }, onDone }: CredentialChangeProps) {
  const [name, setName] = useState(before);
  const [faults, setFaults] = useState<Record<string, string>>({});
  const { isRunning, run } = useAction(UpdateCredentialDocument);
  const submit = async () => {
    const outcome = await run({ input: { id, expectedVersion: version, name } });
    if (outcome.isDone) onDone();
    else setFaults(faultsByField(outcome.refusal));
  };
  return (
    <ActionForm onSubmit={() => void submit()}>
      <Stack>
        <TextInput
          label="New name"
          value={name}
          onChange={({ currentTarget: { value } }) => setName(value)}
          error={faults['name'] ?? faults['']}
          data-autofocus
        />
        <Button type="submit" loading={isRunning} style={{ alignSelf: 'flex-start' }}>
          Rename
        </Button>
      </Stack>
    </ActionForm>
  );
}
