/** The fields of a form, in order; those that others hide are left out. */

import { Stack } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { FieldControl } from './field-control.js';
import { type Field, isShown } from './field-values.js';
import type { FieldsState } from './use-fields.js';

/** Shows fields. Where faults were found, the first faulty one takes the focus. */
export function FieldList({ fields, state }: { fields: readonly Field[]; state: FieldsState }) {
  const list = useRef<HTMLDivElement>(null);
  const { attempts } = state;
  useEffect(() => {
    if (attempts > 0) list.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus();
  }, [attempts]);
  return (
    <Stack maw={640} ref={list}>
      {fields
        .filter((field) => isShown(field, state.values))
        .map((field) => (
          <FieldControl key={field.name} field={field} state={state} />
        ))}
    </Stack>
  );
}
