/** What a credential held before its rotation: it can be brought back, until it is erased. */

import { Group, Text } from '@mantine/core';
import type { TypedDocumentNode } from 'urql';
import {
  CompleteCredentialRotationDocument,
  type CompleteCredentialRotationInput,
  RevertCredentialRotationDocument,
} from '../generated/graphql.js';
import { ConfirmButton } from '../ui/confirm-button.js';
import { MomentText } from '../ui/moment-text.js';
import { useAction } from '../ui/outcome.js';
import { tellRefusal } from '../ui/tell-refusal.js';
import type { CredentialChangeProps } from './credential-change.js';
import { tellIdentity } from './identity-text.js';

/** The old version and what can be done with it; nothing if there is none. */
export function PreviousVersion({ credential, onDone }: CredentialChangeProps) {
  const { previous } = credential;
  if (!previous) return null;
  return (
    <Group justify="space-between" mt="sm">
      <Text size="sm" c="dimmed">
        Before: {tellIdentity(previous)}, made <MomentText at={previous.createdAt} />
      </Text>
      <Group gap="xs">
        <StepButton
          document={RevertCredentialRotationDocument}
          credential={credential}
          onDone={onDone}
          label="Bring the old one back"
          consequence="Deliveries use it from the next call on. The new one stays, to be brought back in its turn."
        />
        <StepButton
          document={CompleteCredentialRotationDocument}
          credential={credential}
          onDone={onDone}
          label="Erase the old one"
          consequence="It cannot be brought back here. At AWS the access key stays: deactivate it there."
        />
      </Group>
    </Group>
  );
}

interface StepProps<Data extends object> extends CredentialChangeProps {
  readonly document: TypedDocumentNode<Data, { input: CompleteCredentialRotationInput }>;
  readonly label: string;
  readonly consequence: string;
}

function StepButton<Data extends object>({ document, credential, label, consequence, onDone }: StepProps<Data>) {
  const { isRunning, run } = useAction(document);
  const step = async () => {
    const outcome = await run({ input: { id: credential.id, expectedVersion: credential.version } });
    if (outcome.isDone) onDone();
    else tellRefusal(outcome.refusal.message);
  };
  return (
    <ConfirmButton
      label={label}
      look={{ size: 'xs', variant: 'default' }}
      title={`${label} in ${credential.name}`}
      consequence={consequence}
      isRunning={isRunning}
      onConfirm={step}
    />
  );
}
