/** A button that asks before something is done to many things at once, or cannot be undone. */

import { Button, Group, Stack, Text } from '@mantine/core';
import { DialogButton, type DialogButtonProps } from './dialog-button.js';

/** What is asked; `title` says what is done, with its name or number, and is also the text that confirms. */
export interface ConfirmButtonProps extends Pick<DialogButtonProps, 'label' | 'look' | 'title'> {
  /** What follows from it. */
  readonly consequence: string;
  readonly isRunning: boolean;
  /** Does it; the dialog closes after. */
  readonly onConfirm: () => Promise<void>;
}

/** The button, with its question. */
export function ConfirmButton({ consequence, isRunning, onConfirm, ...button }: ConfirmButtonProps) {
  return (
    <DialogButton {...button}>
      {(close) => (
        <Stack>
          <Text>{consequence}</Text>
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              Not now
            </Button>
            <Button loading={isRunning} onClick={() => void onConfirm().then(close)}>
              {button.title}
            </Button>
          </Group>
        </Stack>
      )}
    </DialogButton>
  );
}
