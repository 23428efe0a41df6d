/** One of a few values, each with its explanation. */

import { Radio, Stack } from '@mantine/core';
import { HelpText } from '../ui/help-text.js';
import type { FieldControlProps } from './field-control.js';

/** An ENUM field. */
export function ChoiceField({ field, state }: FieldControlProps) {
  return (
    <Radio.Group
      name={field.name}
      label={field.label}
      description={<HelpText text={field.help} />}
      error={state.faults[field.name]}
      required={field.required}
      value={String(state.values[field.name] ?? '')}
      onChange={(value) => state.setValue(field.name, value)}
    >
      <Stack gap="xs" mt="xs">
        {field.options.map(({ value, label, help }) => (
          <Radio key={value} value={value} label={label} description={<HelpText text={help} />} />
        ))}
      </Stack>
    </Radio.Group>
  );
}
