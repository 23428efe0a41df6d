/** First step: a credential that there is, or a new one. */

import { Button, Radio, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useQuery } from 'urql';
import { FieldList } from '../fields/field-list.js';
import type { Field } from '../fields/field-values.js';
import { initialValues, toInput } from '../fields/field-values.js';
import { asInput } from '../fields/typed-input.js';
import { useFields } from '../fields/use-fields.js';
import {
  CreateCredentialDocument,
  type CreateCredentialInput,
  type CredentialCardFragment,
  PickCredentialDocument,
} from '../generated/graphql.js';
import { useIdempotencyKey } from '../ui/idempotency-key.js';
import { Loading } from '../ui/loading.js';
import { faultsByField, useAction } from '../ui/outcome.js';
import { RefusalAlert } from '../ui/refusal-alert.js';
import type { DestinationType } from './catalogue-view.js';
import { PolicyHint } from './policy-hint.js';

/** What the step needs. */
export interface CredentialStepProps {
  readonly type: DestinationType;
  /** Of a new credential. */
  readonly fields: readonly Field[];
  readonly onChosen: (credentialId: string) => void;
}

const NEW = 'new';

/** The step. */
export function CredentialStep({ type, fields, onChosen }: CredentialStepProps) {
  const [{ data }] = useQuery({ query: PickCredentialDocument });
  const [picked, setPicked] = useState<string>();
  if (!data) return <Loading />;
  const existing = data.credentials.nodes;
  const choice = picked ?? existing[0]?.id ?? NEW;
  return (
    <Stack mt="md">
      {existing.length > 0 && <CredentialChoice existing={existing} choice={choice} onChoose={setPicked} />}
      {choice === NEW ? (
        <NewCredential fields={fields} onCreated={onChosen} />
      ) : (
        <Button style={{ alignSelf: 'flex-start' }} onClick={() => onChosen(choice)}>
          Continue
        </Button>
      )}
      <PolicyHint type={type} />
    </Stack>
  );
}

interface CredentialChoiceProps {
  readonly existing: readonly CredentialCardFragment[];
  readonly choice: string;
  readonly onChoose: (choice: string) => void;
}

function CredentialChoice({ existing, choice, onChoose }: CredentialChoiceProps) {
  return (
    <Radio.Group label="Credential" description="What Tributary calls AWS with." value={choice} onChange={onChoose}>
      <Stack gap="xs" mt="xs">
        {existing.map(({ id, name, current }) => (
          <Radio
            key={id}
            value={id}
            label={name}
            description={`Access key ending in ${current.accessKeyIdLast4 ?? '?'}`}
          />
        ))}
        <Radio value={NEW} label="A new credential" description="Kept encrypted, and never shown again." />
      </Stack>
    </Radio.Group>
  );
}

function NewCredential({ fields, onCreated }: { fields: readonly Field[]; onCreated: (id: string) => void }) {
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
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <Stack>
        <FieldList fields={fields} state={state} />
        <RefusalAlert message={state.faults['']} />
        <Button type="submit" loading={isRunning} style={{ alignSelf: 'flex-start' }}>
          Create credential and continue
        </Button>
        <Text size="sm" c="dimmed">
          Whether AWS takes it shows in the test, before anything is delivered.
        </Text>
      </Stack>
    </form>
  );
}
