/** A button that copies a text. */

import { Button, type ButtonProps } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';

/** What is copied. */
export interface CopyButtonProps {
  readonly text: string;
  /** Text of the button, such as `Copy the policy`. */
  readonly label: string;
  readonly look?: Pick<ButtonProps, 'size' | 'variant'>;
}

/** The button; it says that it copied, or that the browser does not let it, as on pages without TLS. */
export function CopyButton({ text, label, look }: CopyButtonProps) {
  const { copy, copied, error } = useClipboard();
  const refused = error ? 'The browser does not copy: select the text' : null;
  return (
    <Button {...look} onClick={() => copy(text)}>
      <span aria-live="polite">{refused ?? (copied ? 'Copied' : label)}</span>
    </Button>
  );
}
