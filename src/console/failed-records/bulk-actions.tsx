/** What is done with all failed records of a filter: the number is said before it happens. */

import { Group } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import {
  DiscardFailedRecordsDocument,
  type FailedRecordFilter,
  RetryFailedRecordsDocument,
} from '../generated/graphql.js';
import { ConfirmButton } from '../ui/confirm-button.js';
import { useIdempotencyKey } from '../ui/idempotency-key.js';
import { useAction } from '../ui/outcome.js';
import { tellRefusal } from '../ui/tell-refusal.js';
import { countOf } from '../ui/words.js';

/** Which records. */
export interface BulkActionsProps {
  readonly filter: FailedRecordFilter;
  readonly count: number | string;
  readonly onDone: () => void;
}

/** The buttons. */
export function BulkActions(props: BulkActionsProps) {
  return (
    <Group gap="xs">
      <RetryButton {...props} />
      <DiscardButton {...props} />
    </Group>
  );
}

function RetryButton({ filter, count, onDone }: BulkActionsProps) {
  const key = useIdempotencyKey();
  const { isRunning, run } = useAction(RetryFailedRecordsDocument);
  const retry = async () => {
    const outcome = await run({ input: { filter, idempotencyKey: key.current } });
    if (!outcome.isDone) return tellRefusal(outcome.refusal.message);
    key.renew();
    tell('Retrying', `To be sent again, as the profiles are now: ${countOf(outcome.success.retried, 'record')}.`);
    onDone();
  };
  const title = `Retry ${countOf(count, 'record')}`;
  return (
    <ConfirmButton
      label={title}
      look={{ size: 'xs' }}
      title={title}
      consequence="Each is built anew from its profile's present state, and sent by an export of its own."
      isRunning={isRunning}
      onConfirm={retry}
    />
  );
}

function DiscardButton({ filter, count, onDone }: BulkActionsProps) {
  const { isRunning, run } = useAction(DiscardFailedRecordsDocument);
  const discard = async () => {
    const outcome = await run({ filter });
    if (!outcome.isDone) return tellRefusal(outcome.refusal.message);
    tell('Discarded', `Given up on: ${countOf(outcome.success.discarded, 'record')}.`);
    onDone();
  };
  const title = `Discard ${countOf(count, 'record')}`;
  return (
    <ConfirmButton
      label={title}
      look={{ size: 'xs', variant: 'default' }}
      title={title}
      consequence="They are never sent. Their numbers stay on the books."
      isRunning={isRunning}
      onConfirm={discard}
    />
  );
}

function tell(title: string, message: string): void {
  notifications.show({ title, message });
}
