/** Replaces what a credential holds; AWS is asked about it first, and the old one can be brought back. */

import { Button, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { FieldList } from '../fields/field-list.js';
import { type Field, initialValues, toInput } from '../fields/field-values.js';
import { useFields } from '../fields/use-fields.js';
import { RotateCredentialDocument, type RotateCredentialMutation } from '../generated/graphql.js';
import { ActionForm } from '../ui/action-form.js';
import { DialogButton } from '../ui/dialog-button.js';
import { MissingPermission } from '../ui/missing-permission.js';
import { type AnswerOf, faultsByField, useAction } from '../ui/outcome.js';
import { RefusalAlert } from '../ui/refusal-alert.js';
import type { CredentialChangeProps } from './credential-change.js';
import { CredentialFields } from './credential-fields.js';

/** Fields of a credential that are its own, and not its secret's. */
const KEPT = ['kind', 'name'];

/** The button, with its form. */
export function RotateCredential({ credential, onDone }: CredentialChangeProps) {
  return (
    <DialogButton
      label="Rotate"
      description={`Rotate ${credential.name}`}
      look={{ size: 'xs', variant: 'default' }}
      onDone={onDone}
      title={`Rotate ${credential.name}`}
    >
      {(finish) => (
        <CredentialFields>
          {(fields) => <RotationForm fields={fields} credential={credential} onDone={finish} />}
        </CredentialFields>
      )}
    </DialogButton>
  );
}

function RotationForm({ fields, credential, onDone }: CredentialChangeProps & { fields: readonly Field[] }) {
  const asked = fields.filter(({ name }) => !KEPT.includes(name));
  const state = useFields({ ...initialValues(fields), kind: credential.kind });
  const [answer, setAnswer] = useState<AnswerOf<RotateCredentialMutation> | null>(null);
  const { isRunning, run } = useAction(RotateCredentialDocument);
  const submit = async () => {
    if (!state.check(asked)) return;
    const { id, version } = credential;
    const outcome = await run({ input: { ...toInput(asked, state.values), id, expectedVersion: version } });
    if (outcome.isDone) return onDone();
    state.setFaults(faultsByField(outcome.refusal));
    setAnswer(outcome.answer);
  };
  return (
    <ActionForm onSubmit={() => void submit()}>
      <Stack>
        <Text size="sm">
          AWS is asked about the new key or role first. Deliveries go on with it from the next call; the old one stays
          until you erase it.
        </Text>
        <FieldList fields={asked} state={state} />
        <RefusalAlert message={state.faults['']} />
        {answer?.__typename === 'AwsError' && <MissingPermission {...answer} />}
        <Button type="submit" loading={isRunning} style={{ alignSelf: 'flex-start' }}>
          Use the new one
        </Button>
      </Stack>
    </ActionForm>
  );
}
