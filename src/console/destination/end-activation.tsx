/** Ends an activation: asks for the names of its segments, and deletes it. */

import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { type ActivationRowFragment, DeleteActivationDocument } from '../generated/graphql.js';
import { ConfirmByName } from '../ui/confirm-by-name.js';
import { useAction } from '../ui/outcome.js';

/** The button. */
export function EndActivation({ activation: { id, segments } }: { activation: ActivationRowFragment }) {
  const [isAsking, { open, close }] = useDisclosure();
  const { isRunning, run } = useAction(DeleteActivationDocument);
  const names = segments.map(({ segment }) => segment.name).join(', ');
  const end = async () => {
    const outcome = await run({ id });
    close();
    if (!outcome.isDone)
      notifications.show({ color: 'red', title: 'Nothing was changed', message: outcome.refusal.message });
  };
  return (
    <>
      <Button size="xs" variant="outline" color="red" onClick={open} aria-label={`End the activation of ${names}`}>
        End
      </Button>
      <ConfirmByName
        isOpen={isAsking}
        onClose={close}
        title="End the activation"
        name={names}
        consequence="Changes of these segments are not delivered any more, and what waits is skipped. Segments and profiles stay."
        isRunning={isRunning}
        onConfirm={() => void end()}
      />
    </>
  );
}
