/** Changes the name and the description of a segment. Who changed them meanwhile is not overwritten: both states are shown. */

import { Button, Stack } from '@mantine/core';
import { useState } from 'react';
import { FieldList } from '../fields/field-list.js';
import { compareValues, type FieldValues, toChanges } from '../fields/field-values.js';
import { useFields } from '../fields/use-fields.js';
import { type SegmentRowFragment, UpdateSegmentDocument } from '../generated/graphql.js';
import { ActionForm } from '../ui/action-form.js';
import { DialogButton } from '../ui/dialog-button.js';
import { faultsByField, useAction } from '../ui/outcome.js';
import { RefusalAlert } from '../ui/refusal-alert.js';
import { VersionConflict } from '../ui/version-conflict.js';
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
    <DialogButton label="Edit" look={{ variant: 'default' }} onDone={onDone} title={`Edit ${segment.name}`} size="lg">
      {(finish) => <SegmentForm segment={segment} onDone={finish} />}
    </DialogButton>
  );
}

/** The form; made anew when it takes over what somebody else saved. */
function SegmentForm({ segment, onDone }: EditSegmentProps) {
  const [base, setBase] = useState(segment);
  return <VersionForm key={base.version} base={base} onTakeTheirs={setBase} onDone={onDone} />;
}

interface VersionFormProps {
  /** The segment that the form began with. */
  readonly base: SegmentRowFragment;
  readonly onTakeTheirs: (theirs: SegmentRowFragment) => void;
  readonly onDone: () => void;
}

function VersionForm({ base, onTakeTheirs, onDone }: VersionFormProps) {
  const before = valuesOf(base);
  const state = useFields(before);
  const [conflict, setConflict] = useState<SegmentRowFragment | null>(null);
  const { isRunning, run } = useAction(UpdateSegmentDocument);
  const changes = toChanges(EDITABLE_FIELDS, { before, after: state.values });
  const save = async (expectedVersion: number) => {
    if (!state.check(EDITABLE_FIELDS)) return;
    const outcome = await run({ input: { segmentId: base.segmentId, expectedVersion, ...changes } });
    if (outcome.isDone) return onDone();
    const { answer, refusal } = outcome;
    if (answer?.__typename !== 'ConflictError' || !isSegment(answer.current))
      return state.setFaults(faultsByField(refusal));
    setConflict(answer.current);
  };
  return (
    <ActionForm onSubmit={() => void save(base.version)}>
      <Stack>
        <FieldList fields={EDITABLE_FIELDS} state={state} />
        <RefusalAlert message={state.faults['']} />
        {conflict ? (
          <VersionConflict
            what="this segment"
            fields={compareValues(EDITABLE_FIELDS, { mine: state.values, theirs: valuesOf(conflict) })}
            onTakeTheirs={() => onTakeTheirs(conflict)}
            onKeepMine={() => void save(conflict.version)}
          />
        ) : (
          <Button
            type="submit"
            loading={isRunning}
            disabled={Object.keys(changes).length === 0}
            style={{ alignSelf: 'flex-start' }}
          >
            Save
          </Button>
        )}
      </Stack>
    </ActionForm>
  );
}

function valuesOf({ name, description }: SegmentRowFragment): FieldValues {
  return { name, description: description ?? '' };
}

function isSegment(found: object | null): found is SegmentRowFragment {
  return found !== null && 'version' in found && 'memberCount' in found;
}
