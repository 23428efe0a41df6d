/** One of a few values, each with its explanation. */

import { Input, Radio, Stack } from '@mantine/core';
import { useId } from 'react';
import { HelpText } from '../ui/help-text.js';
import type { FieldControlProps } from './field-control.js';

/** An ENUM field. The library's own group of radio buttons cannot be told to be invalid, so that screen readers say so. */
export function ChoiceField({ field, state }: FieldControlProps) {
  const id = useId();
  const { name, label, help, required, options } = field;
  const fault = state.faults[name];
  return (
    <Input.Wrapper
      id={id}
      labelElement="div"
      label={label}
      description={<HelpText text={help} />}
      error={fault}
      required={required}
    >
      <Stack
        role="radiogroup"
        aria-labelledby={`${id}-label`}
        aria-describedby={fault ? `${id}-description ${id}-error` : `${id}-description`}
        aria-invalid={fault !== undefined}
        aria-required={required}
        gap="xs"
        mt="xs"
      >
        {options.map(({ value, label, help }) => (
          <Radio
            key={value}
            name={name}
            value={value}
            label={label}
            description={<HelpText text={help} />}
            checked={state.values[name] === value}
            onChange={() => state.setValue(name, value)}
          />
        ))}
      </Stack>
    </Input.Wrapper>
  );
}
