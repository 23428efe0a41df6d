/** Revokes an API key for good; the last ADMIN key is refused. */

import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { type ApiKeyCardFragment, RevokeApiKeyDocument } from '../generated/graphql.js';
import { ConfirmByName } from '../ui/confirm-by-name.js';
import { useAction } from '../ui/outcome.js';

/** What is revoked. */
export interface RevokeApiKeyProps {
  readonly apiKey: ApiKeyCardFragment;
  readonly onRevoked: () => void;
}

/** The button. */
export function RevokeApiKey({ apiKey: { id, name }, onRevoked }: RevokeApiKeyProps) {
  const [isAsking, { open, close }] = useDisclosure();
  const { isRunning, run } = useAction(RevokeApiKeyDocument);
  const revoke = async () => {
    const outcome = await run({ id });
    close();
    if (outcome.isDone) return onRevoked();
    notifications.show({ color: 'red', title: 'Nothing was changed', message: outcome.refusal.message });
  };
  return (
    <>
      <Button size="xs" variant="outline" color="red" onClick={open} aria-label={`Revoke ${name}`}>
        Revoke
      </Button>
      <ConfirmByName
        isOpen={isAsking}
        onClose={close}
        title="Revoke the API key"
        name={name}
        consequence="Whoever uses it is shut out within a second, for good."
        isRunning={isRunning}
        onConfirm={() => void revoke()}
      />
    </>
  );
}
