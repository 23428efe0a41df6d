/** Cancels an export that is under way. */

import { notifications } from '@mantine/notifications';
import { CancelExportDocument } from '../generated/graphql.js';
import { ConfirmButton } from '../ui/confirm-button.js';
import { useAction } from '../ui/outcome.js';
import { formatCount } from '../ui/words.js';
import type { Export } from './export-view.js';

/** The button, while there is something to cancel. */
export function CancelExport({ running }: { running: Export }) {
  const { isRunning, run } = useAction(CancelExportDocument);
  if (running.finishedAt !== null || running.state === 'CANCELING') return null;
  const cancel = async () => {
    const outcome = await run({ id: running.id });
    if (!outcome.isDone) notifications.show({ color: 'red', title: 'Not canceled', message: outcome.refusal.message });
  };
  return (
    <ConfirmButton
      label="Cancel the export"
      look={{ size: 'xs', variant: 'default' }}
      title={`Cancel the export to ${running.destination.name}`}
      consequence={`Up to ${formatCount(running.pending)} pending records are skipped. What is delivered stays in the stream.`}
      isRunning={isRunning}
      onConfirm={cancel}
    />
  );
}
