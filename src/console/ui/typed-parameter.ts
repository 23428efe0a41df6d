/** A text that is typed and decides what is shown, such as a search: part of the address, beside the page and other choices. */

import { useDebouncedValue } from '@mantine/hooks';
import type { ChangeEvent } from 'react';
import { useSearchParams } from 'wouter';
import { withChoice } from './page.js';

/** A typed text. */
export interface TypedParameter {
  /** What to ask the server for: follows when the typing pauses. */
  readonly asked: string;
  /** For the field that it is typed in. */
  readonly field: {
    readonly value: string;
    readonly onChange: (event: ChangeEvent<HTMLInputElement>) => void;
  };
}

const PAUSE_MS = 300;

/** The text of a parameter. With another text, the list begins at its first page; the browser leads back past all of the typing. */
export function useTypedParameter(name: string): TypedParameter {
  const [parameters, setParameters] = useSearchParams();
  const value = parameters.get(name) ?? '';
  const [asked] = useDebouncedValue(value, PAUSE_MS);
  const onChange = ({ currentTarget }: ChangeEvent<HTMLInputElement>) => {
    const text = currentTarget.value;
    setParameters((present) => withChoice(present, name, text || null), { replace: true });
  };
  return { asked, field: { value, onChange } };
}
