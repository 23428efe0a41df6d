/** Issues an API key, and shows its text: this once. */

import { Alert, Button, Code, Group, Select, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { CreateApiKeyDocument, type Role } from '../generated/graphql.js';
import { ActionForm } from '../ui/action-form.js';
import { CopyButton } from '../ui/copy-button.js';
import { faultsByField, useAction } from '../ui/outcome.js';
import { RefusalAlert } from '../ui/refusal-alert.js';

/** What the form needs. */
export interface NewApiKeyProps {
  readonly onCreated: () => void;
  readonly onClose: () => void;
}

const ROLES: readonly { value: Role; label: string }[] = [
  { value: 'VIEWER', label: 'Viewer: reads all but personal data' },
  { value: 'OPERATOR', label: 'Operator: also personal data, profiles, activations, exports' },
  { value: 'ADMIN', label: 'Admin: also destinations, credentials, API keys' },
];

/** The form, then the key. */
export function NewApiKey({ onCreated, onClose }: NewApiKeyProps) {
  const [text, setText] = useState<string | null>(null);
  if (text !== null) return <IssuedKey text={text} onClose={onClose} />;
  const show = (key: string) => {
    setText(key);
    onCreated();
  };
  return <KeyForm onIssued={show} />;
}

function KeyForm({ onIssued }: { onIssued: (text: string) => void }) {
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('VIEWER');
  const [expires, setExpires] = useState('');
  const [faults, setFaults] = useState<Record<string, string>>({});
  const { isRunning, run } = useAction(CreateApiKeyDocument);
  const submit = async () => {
    const expiresAt = expires === '' ? null : new Date(expires).toISOString();
    const outcome = await run({ input: { name, role, expiresAt } });
    if (outcome.isDone) onIssued(outcome.success.key);
    else setFaults(faultsByField(outcome.refusal));
  };
  return (
    <ActionForm onSubmit={() => void submit()}>
      <Stack>
        <TextInput
          label="Name"
          description="Who or what uses it."
          required
          value={name}
          error={faults['name']}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Select
          label="Role"
          data={[...ROLES]}
          value={role}
          allowDeselect={false}
          onChange={(value) => setRole(ROLES.find((known) => known.value === value)?.value ?? role)}
        />
        <TextInput
          label="Expires"
          description="In your time zone. Empty: never."
          type="datetime-local"
          value={expires}
          error={faults['expiresAt']}
          onChange={(event) => setExpires(event.currentTarget.value)}
        />
        <RefusalAlert message={faults['']} />
        <Button type="submit" loading={isRunning} style={{ alignSelf: 'flex-start' }}>
          Issue the key
        </Button>
      </Stack>
    </ActionForm>
  );
}

function IssuedKey({ text, onClose }: { text: string; onClose: () => void }) {
  return (
    <Stack>
      <Alert title="Keep it now" variant="outline">
        It is shown this once, and stored only as a hash.
      </Alert>
      <Code block aria-label="The new API key">
        {text}
      </Code>
      <Group>
        <CopyButton text={text} label="Copy" />
        <Button variant="default" onClick={onClose}>
          Done
        </Button>
      </Group>
    </Stack>
  );
}
