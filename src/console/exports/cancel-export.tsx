/** Cancels an export that is under way. */

import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { CancelExportDocument } from '../generated/graphql.js';
import { Confirm } from '../ui/confirm.js';
import { useAction } from '../ui/outcome.js';
import { formatCount } from '../ui/words.js';
import type { Export } from './export-view.js';

/** The button, while there is something to cancel. */
export function CancelExport({ running }: { running: Export }) {
  const [isAsking, { open, close }] = useDisclosure();
  const { isRunning, run } = useAction(CancelExportDocument);
  if (running.finishedAt !== null || running.state === 'CANCELING') return null;
  const cancel = async () => {
    const outcome = await run({ id: running.id });
    close();
    if (!outcome.isDone) notifications.show({ color: 'red', title: 'Not canceled', message: outcome.refusal.message });
  };
  return (
    <>
      <Button variant="default" size="xs" onClick={open}>
        Cancel the export
      </Button>
      <Confirm
        isOpen={isAsking}
        onClose={close}
        title={`Cancel the export to ${running.destination.name}`}
        consequence={`Up to ${formatCount(running.pending)} pending records are skipped. What is delivered stays in the stream.`}
        isRunning={isRunning}
        onConfirm={() => void cancel()}
      />
    </>
  );
}
