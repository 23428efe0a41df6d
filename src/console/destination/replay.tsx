/** Sends once more who was delivered in a stretch of time, and follows the exports that do it. */

import { Button, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { FieldList } from '../fields/field-list.js';
import { initialValues, toInput } from '../fields/field-values.js';
import { asInput } from '../fields/typed-input.js';
import { useFields } from '../fields/use-fields.js';
import { type ExportRowFragment, ReplayDeliveriesDocument, type ReplayDeliveriesInput } from '../generated/graphql.js';
import { ActionForm } from '../ui/action-form.js';
import { DialogButton } from '../ui/dialog-button.js';
import { FollowedExports } from '../ui/followed-exports.js';
import { useIdempotencyKey } from '../ui/idempotency-key.js';
import { faultsByField, useAction } from '../ui/outcome.js';
import { RefusalAlert } from '../ui/refusal-alert.js';
import { countOf } from '../ui/words.js';
import { REPLAY_FIELDS } from './replay-fields.js';

/** Whose deliveries. */
export interface ReplayProps {
  readonly destinationId: string;
  readonly name: string;
}

/** The button, with its form and then the exports. */
export function Replay({ destinationId, name }: ReplayProps) {
  return (
    <DialogButton label="Replay" look={{ size: 'xs', variant: 'default' }} title={`Replay to ${name}`} size="lg">
      {() => <ReplayDialog destinationId={destinationId} />}
    </DialogButton>
  );
}

function ReplayDialog({ destinationId }: { destinationId: string }) {
  const [started, setStarted] = useState<readonly ExportRowFragment[] | null>(null);
  if (started === null) return <ReplayForm destinationId={destinationId} onStarted={setStarted} />;
  if (started.length === 0) return <Text role="status">Nothing was delivered in this time: nothing goes again.</Text>;
  return (
    <Stack>
      <Text role="status">{countOf(started.length, 'export')} started, one for each activation that delivered.</Text>
      <FollowedExports exports={started} />
    </Stack>
  );
}

interface ReplayFormProps {
  readonly destinationId: string;
  readonly onStarted: (exports: readonly ExportRowFragment[]) => void;
}

function ReplayForm({ destinationId, onStarted }: ReplayFormProps) {
  const state = useFields(initialValues(REPLAY_FIELDS));
  const key = useIdempotencyKey();
  const { isRunning, run } = useAction(ReplayDeliveriesDocument);
  const start = async () => {
    if (!state.check(REPLAY_FIELDS)) return;
    const fields = { destinationId, idempotencyKey: key.current, ...toInput(REPLAY_FIELDS, state.values) };
    const outcome = await run({ input: asInput<ReplayDeliveriesInput>(fields, ['destinationId', 'from']) });
    if (outcome.isDone) return onStarted(outcome.success.exports);
    if (outcome.answer) key.renew();
    state.setFaults(faultsByField(outcome.refusal));
  };
  return (
    <ActionForm label="Replay" onSubmit={() => void start()}>
      <Stack>
        <Text size="sm">
          Each profile that was delivered goes once more, as it is now. Who is no longer a member is skipped.
        </Text>
        <FieldList fields={REPLAY_FIELDS} state={state} />
        <RefusalAlert message={state.faults['']} />
        <Button type="submit" loading={isRunning} style={{ alignSelf: 'flex-start' }}>
          Send again
        </Button>
      </Stack>
    </ActionForm>
  );
}
