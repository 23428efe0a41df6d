/** Asks before something is destroyed: for the name of the thing. */

import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';

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

/** The question, as a dialog. */
export function ConfirmByName(props: ConfirmByNameProps) {
  const { isOpen, onClose, title, name, consequence, isRunning, onConfirm } = props;
  const [typed, setTyped] = useState('');
  return (
    <Modal opened={isOpen} onClose={onClose} title={title}>
      <Stack>
        <Text>{consequence}</Text>
        <TextInput
          label={`Type ${name} to go on`}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          autoComplete="off"
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Keep it
          </Button>
          <Button color="red" disabled={typed !== name} loading={isRunning} onClick={onConfirm}>
            {title}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
