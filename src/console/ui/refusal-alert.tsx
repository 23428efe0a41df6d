/** Says that nothing was done, and why. */

import { Alert } from '@mantine/core';

/** Shows a refusal; nothing without a message. */
export function RefusalAlert({ message }: { message: string | undefined }) {
  if (!message) return null;
  return (
    <Alert color="red" variant="outline" role="alert" title="Nothing was changed">
      {message}
    </Alert>
  );
}
