/** The state of a form whose fields come as data. */

import { useState } from 'react';
import { useDraft } from '../ui/draft.js';
import {
  type Field,
  type FieldFaults,
  type FieldValue,
  type FieldValues,
  findFaults,
  initialValues,
} from './field-values.js';

/** A form's state. */
export interface FieldsState {
  readonly values: FieldValues;
  readonly faults: FieldFaults;
  /** How often faults were looked for. */
  readonly attempts: number;
  /** Sets a value; the field's fault goes. */
  setValue(name: string, value: FieldValue): void;
  setFaults(faults: FieldFaults): void;
  /** Looks for faults and shows them. @returns whether there are none. */
  check(fields: readonly Field[]): boolean;
}

/** A form that a reload of the page does not lose. */
export interface KeptFieldsState extends FieldsState {
  /** Once it is done. */
  forget(): void;
}

/** Holds a form. @param initial read once. */
export function useFields(initial: FieldValues): FieldsState {
  const [values, setValues] = useState(initial);
  return useFaults(values, (name, value) => setValues((before) => ({ ...before, [name]: value })));
}

/** Holds a form as the draft of a name. Its secrets are held in memory alone: a reload loses them. */
export function useKeptFields(name: string, fields: readonly Field[]): KeptFieldsState {
  const isSecret = (field: Field) => field.type === 'SECRET';
  const { content, change, forget } = useDraft(name, initialValues(fields.filter((field) => !isSecret(field))));
  const [secrets, setSecrets] = useState(() => initialValues(fields.filter(isSecret)));
  const state = useFaults({ ...content, ...secrets }, (name, value) => {
    const keep = name in secrets ? setSecrets : change;
    keep((before) => ({ ...before, [name]: value }));
  });
  return { ...state, forget };
}

function useFaults(values: FieldValues, setValue: (name: string, value: FieldValue) => void): FieldsState {
  const [{ faults, attempts }, setShown] = useState<Pick<FieldsState, 'faults' | 'attempts'>>({
    faults: {},
    attempts: 0,
  });
  const setFaults = (found: FieldFaults) => setShown((before) => ({ faults: found, attempts: before.attempts + 1 }));
  return {
    values,
    faults,
    attempts,
    setFaults,
    setValue(name, value) {
      setValue(name, value);
      setShown(({ faults: { [name]: _mended, ...others }, ...rest }) => ({ ...rest, faults: others }));
    },
    check(fields) {
      const found = findFaults(fields, values);
      setFaults(found);
      return Object.keys(found).length === 0;
    },
  };
}
