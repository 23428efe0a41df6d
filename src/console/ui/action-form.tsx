/** A form whose faults the console itself shows, at their fields. */

import type { ReactNode } from 'react';

/** What the form does. */
export interface ActionFormProps {
  readonly onSubmit: () => void;
  /** For who cannot see what stands above it. */
  readonly label?: string;
  readonly children: ReactNode;
}

/** The form, without its fields. */
export function ActionForm({ onSubmit, label, children }: ActionFormProps) {
  return (
    <form
      noValidate
      aria-label={label}
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      {children}
    </form>
  );
}
