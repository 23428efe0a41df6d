/** The state of a form whose fields come as data. */

import { useState } from 'react';
import { type Field, type FieldFaults, type FieldValue, type FieldValues, findFaults } from './field-values.js';

/** A form's state. */
export interface FieldsState {
  readonly values: FieldValues;
  readonly faults: FieldFaults;
  /** Sets a value; the field's fault goes. */
  setValue(name: string, value: FieldValue): void;
  setFaults(faults: FieldFaults): void;
  /** Looks for faults and shows them. @returns whether there are none. */
  check(fields: readonly Field[]): boolean;
}

/** Holds a form. @param initial read once. */
export function useFields(initial: FieldValues): FieldsState {
  const [values, setValues] = useState(initial);
  const [faults, setFaults] = useState<FieldFaults>({});
  return {
    values,
    faults,
    setFaults,
    setValue(name, value) {
      setValues((before) => ({ ...before, [name]: value }));
      setFaults(({ [name]: _mended, ...others }) => others);
    },
    check(fields) {
      const found = findFaults(fields, values);
      setFaults(found);
      return Object.keys(found).length === 0;
    },
  };
}
