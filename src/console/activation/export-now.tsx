/** Starts an export of all present members of an activation. */

import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { TriggerExportDocument } from '../generated/graphql.js';
import { useIdempotencyKey } from '../ui/idempotency-key.js';
import { useAction } from '../ui/outcome.js';
import { useNavigateFromHere } from '../ui/presence.js';

/** The button; it leads to the export. */
export function ExportNow({ activationId }: { activationId: string }) {
  const navigate = useNavigateFromHere();
  const key = useIdempotencyKey();
  const { isRunning, run } = useAction(TriggerExportDocument);
  const start = async () => {
    const outcome = await run({ input: { activationId, idempotencyKey: key.current } });
    if (outcome.isDone) return navigate(`/exports/${outcome.success.export.id}`);
    if (outcome.answer) key.renew();
    notifications.show({ color: 'red', title: 'Nothing was started', message: outcome.refusal.message });
  };
  return (
    <Button size="xs" variant="default" loading={isRunning} onClick={() => void start()}>
      Export now
    </Button>
  );
}
