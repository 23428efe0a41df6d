/** Switching a destination off and on, and deleting it. */

import { Button, Group, Stack, Text, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import {
  DeleteDestinationDocument,
  DisableDestinationDocument,
  EnableDestinationDocument,
} from '../generated/graphql.js';
import { ConfirmByName } from '../ui/confirm-by-name.js';
import { useAction } from '../ui/outcome.js';
import { useNavigateFromHere } from '../ui/presence.js';
import { RefusalAlert } from '../ui/refusal-alert.js';
import type { Destination } from './destination-view.js';

/** What ends deliveries, for a while or for ever. */
export function DestinationEnding({ destination }: { destination: Destination }) {
  const { id, name, enabled } = destination;
  const [isAsking, { open, close }] = useDisclosure();
  const [refusal, setRefusal] = useState<string>();
  const disable = useAction(DisableDestinationDocument);
  const enable = useAction(EnableDestinationDocument);
  const { isDeleting, remove } = useDeletion(destination, (message) => {
    setRefusal(message);
    close();
  });
  return (
    <Stack gap="sm">
      <Title order={2} size="h4">
        {enabled ? 'Stop delivering' : 'Deliver again'}
      </Title>
      <Text c="dimmed" size="sm">
        While it is disabled nothing is sent, and nothing is lost: what becomes due waits.
      </Text>
      <RefusalAlert message={refusal} />
      <Group>
        <Button
          variant="default"
          loading={disable.isRunning || enable.isRunning}
          onClick={() => void (enabled ? disable.run({ id }) : enable.run({ id }))}
        >
          {enabled ? 'Disable' : 'Enable'}
        </Button>
        <Button color="red" variant="outline" onClick={open}>
          Delete
        </Button>
      </Group>
      <ConfirmByName
        isOpen={isAsking}
        onClose={close}
        title="Delete the destination"
        name={name}
        consequence="Its activations, exports and failed records go with it. The stream at AWS stays as it is."
        isRunning={isDeleting}
        onConfirm={() => void remove()}
      />
    </Stack>
  );
}

function useDeletion({ id, name }: Destination, onRefused: (message: string) => void) {
  const navigate = useNavigateFromHere();
  const { isRunning, run } = useAction(DeleteDestinationDocument);
  const remove = async () => {
    const outcome = await run({ id });
    if (!outcome.isDone) return onRefused(outcome.refusal.message);
    notifications.show({ title: 'Deleted', message: `${name} is gone.` });
    navigate('/');
  };
  return { isDeleting: isRunning, remove };
}
