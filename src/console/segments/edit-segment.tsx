/** Changes the name and the description of a segment. */

import { Button, Stack } from '@mantine/core';
import { FieldList } from '../fields/field-list.js';
import { useFields } from '../fields/use-fields.js';
import { type SegmentRowFragment, UpdateSegmentDocument } from '../generated/graphql.js';
import { ActionForm } from '../ui/action-form.js';
import { DialogButton } from '../ui/dialog-button.js';
import { faultsByField, useAction } from '../ui/outcome.js';
import { RefusalAlert } from '../ui/refusal-alert.js';
import { EDITABLE_FIELDS } from './segment-fields.js';

/** What is changed. */
export interface EditSegmentProps {
  readonly segment: SegmentRowFragment;
  /** Called once it is changed. */
  readonly onDone: () => void;
}

/** The button, with its form. */
export function EditSegment({ segment, onDone }: EditSegmentProps) {
  return (
    <DialogButton label="Edit" look={{ variant: 'default' }} onDone={onDone} title={`Edit ${segment.name}`}>
      {(finish) => <SegmentForm segment={segment} onDone={finish} />}
    </DialogButton>
  );
}

function SegmentForm({ segment: { segmentId, version, ...before }, onDone }: EditSegmentProps) {
  const state = useFields({ name: before.name, description: before.description ?? '' });
  const { isRunning, run } = useAction(UpdateSegmentDocument);
  const submit = async () => {
    if (!state.check(EDITABLE_FIELDS)) return;
    const { name, description } = state.values;
    const input = { segmentId, expectedVersion: version, name: String(name), description: String(description) || null };
    const outcome = await run({ input });
    if (outcome.isDone) onDone();
    else state.setFaults(faultsByField(outcome.refusal));
  };
  return (
    <ActionForm onSubmit={() => void submit()}>
      <Stack>
        <FieldList fields={EDITABLE_FIELDS} state={state} />
        <RefusalAlert message={state.faults['']} />
        <Button type="submit" loading={isRunning} style={{ alignSelf: 'flex-start' }}>
          Save
        </Button>
      </Stack>
    </ActionForm>
  );
}
