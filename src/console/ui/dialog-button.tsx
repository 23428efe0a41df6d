/** A button that opens a dialog, such as one with a form. */

import { Button, type ButtonProps, Modal, type ModalProps } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { ReactNode } from 'react';

/** What the button looks like, and what it opens. */
export interface DialogButtonProps {
  /** Text of the button. */
  readonly label: string;
  /** For who cannot see what stands beside the button. */
  readonly description?: string;
  readonly look?: Pick<ButtonProps, 'size' | 'variant'>;
  /** Of the dialog. */
  readonly title: string;
  readonly size?: ModalProps['size'];
  /** Called once what was to be done in the dialog is done. */
  readonly onDone?: () => void;
  /** What stands in the dialog, made anew each time it opens; `finish` closes it as done. */
  readonly children: (finish: () => void) => ReactNode;
}

/** The button, with its dialog. */
export function DialogButton({ label, description, look, title, size, onDone, children }: DialogButtonProps) {
  const [isOpen, { open, close }] = useDisclosure();
  const finish = () => {
    close();
    onDone?.();
  };
  return (
    <>
      <Button {...look} onClick={open} aria-label={description}>
        {label}
      </Button>
      <Modal opened={isOpen} onClose={close} title={title} {...(size && { size })}>
        {children(finish)}
      </Modal>
    </>
  );
}
