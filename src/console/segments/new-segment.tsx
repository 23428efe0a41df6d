/** The form of a new segment. */

import { Button, Stack } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { FieldList } from '../fields/field-list.js';
import { initialValues, toInput } from '../fields/field-values.js';
import { asInput } from '../fields/typed-input.js';
import { useFields } from '../fields/use-fields.js';
import { CreateSegmentDocument, type CreateSegmentInput } from '../generated/graphql.js';
import { ActionForm } from '../ui/action-form.js';
import { DialogButton } from '../ui/dialog-button.js';
import { faultsByField, useAction } from '../ui/outcome.js';
import { RefusalAlert } from '../ui/refusal-alert.js';
import { SEGMENT_FIELDS } from './segment-fields.js';

/** The button, with its form. @param onCreated called once there is one more. */
export function NewSegment({ onCreated }: { onCreated: () => void }) {
  return (
    <DialogButton label="New segment" title="New segment" onDone={onCreated}>
      {(finish) => <SegmentForm onCreated={finish} />}
    </DialogButton>
  );
}

function SegmentForm({ onCreated }: { onCreated: () => void }) {
  const state = useFields(initialValues(SEGMENT_FIELDS));
  const { isRunning, run } = useAction(CreateSegmentDocument);
  const submit = async () => {
    if (!state.check(SEGMENT_FIELDS)) return;
    const input = asInput<CreateSegmentInput>(toInput(SEGMENT_FIELDS, state.values), ['segmentId', 'name']);
    const outcome = await run({ input });
    if (!outcome.isDone) return state.setFaults(faultsByField(outcome.refusal));
    notifications.show({ title: 'Created', message: `${input.name} has no members yet: upload profiles next.` });
    onCreated();
  };
  return (
    <ActionForm onSubmit={() => void submit()}>
      <Stack>
        <FieldList fields={SEGMENT_FIELDS} state={state} />
        <RefusalAlert message={state.faults['']} />
        <Button type="submit" loading={isRunning}>
          Create segment
        </Button>
      </Stack>
    </ActionForm>
  );
}
