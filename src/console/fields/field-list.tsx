/** The fields of a form, in order; those that others hide are left out. */

import { Stack } from '@mantine/core';
import { FieldControl } from './field-control.js';
import { type Field, isShown } from './field-values.js';
import type { FieldsState } from './use-fields.js';

/** Shows fields. */
export function FieldList({ fields, state }: { fields: readonly Field[]; state: FieldsState }) {
  return (
    <Stack maw={640}>
      {fields
        .filter((field) => isShown(field, state.values))
        .map((field) => (
          <FieldControl key={field.name} field={field} state={state} />
        ))}
    </Stack>
  );
}
