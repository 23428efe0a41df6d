/** The form of a new credential; its fields come from the catalogue. */

import { Button, Stack, Text } from '@mantine/core';
import { FieldList } from '../fields/field-list.js';
import { type Field, initialValues, toInput } from '../fields/field-values.js';
import { asInput } from '../fields/typed-input.js';
import { useFields } from '../fields/use-fields.js';
import { CreateCredentialDocument, type CreateCredentialInput, type CredentialKind } from '../generated/graphql.js';
import { ActionForm } from '../ui/action-form.js';
import { useIdempotencyKey } from '../ui/idempotency-key.js';
import { faultsByField, useAction } from '../ui/outcome.js';
import { RefusalAlert } from '../ui/refusal-alert.js';
import { TrustPolicy } from './trust-policy.js';

/** What the form needs. */
export interface NewCredentialProps {
  /** Of the catalogue's authentication step. */
  readonly fields: readonly Field[];
  readonly submitLabel: string;
  /** Called with its global id. */
  readonly onCreated: (credentialId: string) => void;
}

/** The kind whose role has to trust this server first. */
const WITH_TRUST_POLICY: CredentialKind = 'ASSUME_ROLE';

/** The form. */
export function NewCredential({ fields, submitLabel, onCreated }: NewCredentialProps) {
  const state = useFields(initialValues(fields));
  const key = useIdempotencyKey();
  const { isRunning, run } = useAction(CreateCredentialDocument);
  const submit = async () => {
    if (!state.check(fields)) return;
    const input = asInput<CreateCredentialInput>(toInput(fields, state.values), ['kind', 'name']);
    const outcome = await run({ input: { ...input, idempotencyKey: key.current } });
    if (outcome.isDone) return onCreated(outcome.success.credential.id);
    if (outcome.answer) key.renew();
    state.setFaults(faultsByField(outcome.refusal));
  };
  return (
    <ActionForm onSubmit={() => void submit()}>
      <Stack>
        <FieldList fields={fields} state={state} />
        {state.values['kind'] === WITH_TRUST_POLICY && <TrustPolicy />}
        <RefusalAlert message={state.faults['']} />
        <Button type="submit" loading={isRunning} style={{ alignSelf: 'flex-start' }}>
          {submitLabel}
        </Button>
        <Text size="sm" c="dimmed">
          Whether AWS takes it shows in the test, before anything is delivered.
        </Text>
      </Stack>
    </ActionForm>
  );
}
