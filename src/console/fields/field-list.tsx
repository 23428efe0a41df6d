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
    const faulty = list.current?.querySelector('[data-faulty=true]');
    if (attempts > 0 && faulty) findControl(faulty)?.focus();
  }, [attempts]);
  return (
    <Stack maw={640} ref={list}>
      {fields
        .filter((field) => isShown(field, state.values))
        .map((field) => (
          <div key={field.name} data-faulty={field.name in state.faults}>
            <FieldControl field={field} state={state} />
          </div>
        ))}
    </Stack>
  );
}

/** Of radio buttons, the one that the Tab key leads to as well. */
function findControl(field: Element): HTMLElement | null {
  return field.querySelector<HTMLElement>(':checked') ?? field.querySelector('input:not([type=hidden]), textarea');
}
