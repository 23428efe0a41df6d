/** The form of a new segment. */

import { Button, Modal, Stack } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { FieldList } from '../fields/field-list.js';
import { type Field, initialValues, toInput } from '../fields/field-values.js';
import { asInput } from '../fields/typed-input.js';
import { useFields } from '../fields/use-fields.js';
import { CreateSegmentDocument, type CreateSegmentInput } from '../generated/graphql.js';
import { ActionForm } from '../ui/action-form.js';
import { faultsByField, useAction } from '../ui/outcome.js';
import { RefusalAlert } from '../ui/refusal-alert.js';

const TEXT = {
  type: 'TEXT',
  required: false,
  pattern: null,
  maxLength: null,
  defaultValue: null,
  options: [],
  shownWhen: null,
} as const;

const FIELDS: readonly Field[] = [
  {
    ...TEXT,
    name: 'segmentId',
    label: 'Segment id',
    help: 'Your own id, such as `vip`. It never changes.',
    required: true,
  },
  { ...TEXT, name: 'name', label: 'Name', help: 'Records with segment names carry it.', required: true },
  { ...TEXT, name: 'namespace', label: 'Namespace', help: 'What records file it under.', defaultValue: 'ups' },
  { ...TEXT, type: 'MULTILINE', name: 'description', label: 'Description', help: 'Who is in it, and why.' },
];

/** What the form needs. */
export interface NewSegmentProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly onCreated: () => void;
}

/** The form, as a dialog. */
export function NewSegment({ isOpen, onClose, onCreated }: NewSegmentProps) {
  return (
    <Modal opened={isOpen} onClose={onClose} title="New segment">
      <SegmentForm
        onCreated={() => {
          onClose();
          onCreated();
        }}
      />
    </Modal>
  );
}

function SegmentForm({ onCreated }: { onCreated: () => void }) {
  const state = useFields(initialValues(FIELDS));
  const { isRunning, run } = useAction(CreateSegmentDocument);
  const submit = async () => {
    if (!state.check(FIELDS)) return;
    const input = asInput<CreateSegmentInput>(toInput(FIELDS, state.values), ['segmentId', 'name']);
    const outcome = await run({ input });
    if (!outcome.isDone) return state.setFaults(faultsByField(outcome.refusal));
    notifications.show({ title: 'Created', message: `${input.name} has no members yet: upload profiles next.` });
    onCreated();
  };
  return (
    <ActionForm onSubmit={() => void submit()}>
      <Stack>
        <FieldList fields={FIELDS} state={state} />
        <RefusalAlert message={state.faults['']} />
        <Button type="submit" loading={isRunning}>
          Create segment
        </Button>
      </Stack>
    </ActionForm>
  );
}
