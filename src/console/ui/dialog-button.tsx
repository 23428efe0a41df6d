/** A button that opens a dialog, such as one with a form. */

import { Button, type ButtonProps, Modal, type ModalProps } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { type ReactNode, useRef } from 'react';

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
  const button = useRef<HTMLButtonElement>(null);
  const finish = () => {
    close();
    onDone?.();
  };
  return (
    <>
      <Button {...look} ref={button} onClick={open} aria-label={description}>
        {label}
      </Button>
      {/* Given back by the library, while the dialog still goes, the focus was now and then lost. */}
      <Modal
        opened={isOpen}
        onClose={close}
        returnFocus={false}
        onExitTransitionEnd={() => button.current?.focus()}
        title={title}
        {...(size && { size })}
      >
        {children(finish)}
      </Modal>
    </>
  );
}
