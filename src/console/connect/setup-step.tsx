/** Second step: name, stream and options. */

import { Button, Stack } from '@mantine/core';
import { FieldList } from '../fields/field-list.js';
import type { Field } from '../fields/field-values.js';
import type { FieldsState } from '../fields/use-fields.js';
import { ActionForm } from '../ui/action-form.js';
import { RefusalAlert } from '../ui/refusal-alert.js';

/** What the step needs. */
export interface SetupStepProps {
  readonly fields: readonly Field[];
  readonly state: FieldsState;
  readonly onDone: () => void;
}

/** The step. */
export function SetupStep({ fields, state, onDone }: SetupStepProps) {
  return (
    <ActionForm onSubmit={() => state.check(fields) && onDone()}>
      <Stack mt="md">
        <FieldList fields={fields} state={state} />
        <RefusalAlert message={state.faults['']} />
        <Button type="submit" style={{ alignSelf: 'flex-start' }}>
          Continue to the test
        </Button>
      </Stack>
    </ActionForm>
  );
}
