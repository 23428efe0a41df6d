/** Asks before something is done to many things at once, or cannot be undone. */

import { Button, Group, Modal, Stack, Text } from '@mantine/core';

/** What is asked. */
export interface ConfirmProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  /** What is done, with its name or number: also the text of the button. */
  readonly title: string;
  /** What follows from it. */
  readonly consequence: string;
  readonly isRunning: boolean;
  readonly onConfirm: () => void;
}

/** The question, as a dialog. */
export function Confirm({ isOpen, onClose, title, consequence, isRunning, onConfirm }: ConfirmProps) {
  return (
    <Modal opened={isOpen} onClose={onClose} title={title}>
      <Stack>
        <Text>{consequence}</Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Not now
          </Button>
          <Button loading={isRunning} onClick={onConfirm}>
            {title}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
