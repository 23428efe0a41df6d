/** Asks before something is destroyed: for the name of the thing. */

import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { ActionForm } from './action-form.js';

/** What is asked. */
export interface ConfirmByNameProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  /** Such as `Delete the destination`. */
  readonly title: string;
  /** What has to be typed. */
  readonly name: string;
  /** What follows from it. */
  readonly consequence: string;
  readonly isRunning: boolean;
  readonly onConfirm: () => void;
}

/** The question, as a dialog; each time it opens, the name is to be typed anew. */
export function ConfirmByName(props: ConfirmByNameProps) {
  const { isOpen, onClose, title } = props;
  return (
    <Modal opened={isOpen} onClose={onClose} title={title}>
      <NameForm {...props} />
    </Modal>
  );
}

function NameForm({ onClose, title, name, consequence, isRunning, onConfirm }: ConfirmByNameProps) {
  const [typed, setTyped] = useState('');
  const isNamed = typed === name;
  return (
    <ActionForm onSubmit={() => isNamed && !isRunning && onConfirm()}>
      <Stack>
        <Text>{consequence}</Text>
        <TextInput
          label={`Type ${name} to go on`}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          autoComplete="off"
          data-autofocus
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Keep it
          </Button>
          <Button type="submit" color="red" disabled={!isNamed} loading={isRunning}>
            {title}
          </Button>
        </Group>
      </Stack>
    </ActionForm>
  );
}
